"""What may be reported: lines by the published schema that make a whole stream, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from appdeploy.render.json_schema import PLACE
from tests.simulation.events.sinks import ELSEWHERE, Heard

CANARY = "canary-7f3d9a"
"""Stands in every secret value of the world."""
_VALIDATOR = jsonschema.Draft202012Validator(json.loads(PLACE.read_text()))
_LAST = ("ended", "error")


def wrong_lines(heard: Heard, exit_code: int) -> Iterator[str]:
    """What is wrong with a stream, one line each."""
    lines: list[dict[str, Any]] = []
    for number, text in enumerate(heard.json_lines):
        line = json.loads(text)
        lines.append(line)
        yield from (f"line {number} ({line.get('event')}): {error.message[:200]}" for error in _VALIDATOR.iter_errors(line))
    if heard.streams[ELSEWHERE].getvalue():
        yield "something else stands on standard output"
    if not lines or lines[-1].get("event") not in _LAST or any(line.get("event") in _LAST for line in lines[:-1]):
        yield "the last line, and no other one, is to be ended or error"
    elif lines[-1]["exit_code"] != exit_code:
        yield f"it says exit status {lines[-1]['exit_code']}, and the command ended with {exit_code}"
    if len({line["release"] for line in lines if line.get("release")}) > 1:
        yield "it is of two releases"


def leaks(texts: Mapping[str, str]) -> Iterator[str]:
    """Where a secret stands."""
    yield from (f"a secret stands in {place}" for place, text in texts.items() if CANARY in text)
