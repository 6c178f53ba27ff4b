"""Policy documents as statements that can be evaluated.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.iam.conditions import Condition
from sandbox.emulator.iam.glob import glob


class NotEvaluated(Exception):
    """Something in a policy that this evaluator does not know. The message is one line."""


@dataclass(frozen=True)
class Patterns:
    """What an element lists, with `*` and `?` for any characters and any one; `inverted` for NotAction and NotResource."""

    values: tuple[str, ...]
    inverted: bool = False
    ignore_case: bool = False

    def match(self, text: str) -> bool:
        found = any(glob(pattern, text, ignore_case=self.ignore_case) for pattern in self.values)
        return found is not self.inverted


@dataclass(frozen=True)
class Statement:
    """One statement, and which policy it stands in."""

    source: str
    sid: str
    allows: bool
    actions: Patterns
    resources: Patterns
    conditions: tuple[Condition, ...] = ()


@functools.cache
def parse(source: str, document: str) -> tuple[Statement, ...]:
    """The statements of a document. Raises NotEvaluated for what would otherwise be passed over in silence."""
    written = json.loads(document)["Statement"]
    return tuple(_statement(source, item) for item in (written if isinstance(written, list) else [written]))


def _statement(source: str, written: Mapping[str, Any]) -> Statement:
    sid = str(written.get("Sid", ""))
    if "${" in json.dumps(written):
        raise NotEvaluated(f"{source} {sid}: policy variables are not evaluated")
    return Statement(
        source=source,
        sid=sid,
        allows=written["Effect"] == "Allow",
        actions=_patterns(written, "Action", ignore_case=True),
        resources=_patterns(written, "Resource"),
        conditions=tuple(
            _condition(f"{source} {sid}", operator, key, values)
            for operator, keys in written.get("Condition", {}).items()
            for key, values in keys.items()
        ),
    )


def _patterns(written: Mapping[str, Any], element: str, *, ignore_case: bool = False) -> Patterns:
    inverted = f"Not{element}" in written
    values = written[f"Not{element}" if inverted else element]
    return Patterns(tuple([values] if isinstance(values, str) else values), inverted, ignore_case)


def _condition(where: str, operator: str, key: str, values: Any) -> Condition:
    texts = tuple(str(value) for value in (values if isinstance(values, list) else [values]))
    try:
        return Condition.of(operator, key, texts)
    except ValueError as error:
        raise NotEvaluated(f"{where}: {error}") from None
