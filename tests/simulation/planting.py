"""How a bug is planted into the release tool, and what it is known by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class PlantedBug:
    """A bug that is there for as long as a context is open."""

    planted: Callable[[], AbstractContextManager[None]]
    sign: str
    """A part of the sentence that gives it away."""


@contextmanager
def instead(owner: object, name: str, value: object) -> Iterator[None]:
    """Put a value in the place of another for as long as the context is open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, value)
        yield
