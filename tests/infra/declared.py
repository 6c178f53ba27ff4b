"""What the program declares, run once for each distinct configuration in a whole test session."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from infra import program
from tests.infra.mocked import Recording, run, stack_settings


def as_declared(stack: str, *, unknown: bool = False) -> Recording:
    """The resources of a real stack file; `unknown` as the first preview of a new stack has them. Not to be changed."""
    return declared(stack, stack_settings(stack), unknown=unknown)


def declared(stack: str, config: dict[str, Any], *, unknown: bool = False) -> Recording:
    """The resources of a configuration, likewise."""
    return _declared(stack, json.dumps(config, sort_keys=True), unknown)


@cache
def _declared(stack: str, config: str, unknown: bool) -> Recording:
    return run(program.main, stack, json.loads(config), unknown=unknown)
