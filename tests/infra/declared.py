"""What the program declares for a real stack file, run once for all tests that look at it."""

from __future__ import annotations

from functools import cache

from infra import program
from tests.infra.mocked import Recording, run, stack_settings


@cache
def as_declared(stack: str, *, unknown: bool = False) -> Recording:
    """The stack's resources; `unknown` as the first preview of a new stack sees them. Not to be changed."""
    return run(program.main, stack, stack_settings(stack), unknown=unknown)
