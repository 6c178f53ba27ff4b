"""The lock as values: its holder, the freeze, and whether it has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Holder:
    """The running release."""

    release: str
    """Its release id."""
    who: str
    since: str
    """ISO time by the holder's clock: for display, never for a decision."""
    token: str
    """Random, new for each attempt: identifies an attempt's own write after a lost reply."""
    reason: str = ""
    """Its purpose."""


@dataclass(frozen=True)
class Freeze:
    """A person's request to release nothing."""

    who: str
    since: str
    """ISO time, for display."""
    reason: str


class Mark(NamedTuple):
    """Changes with every write of the holder part. Equal marks mean that the holder has not renewed."""

    fence: int
    beat: int


@dataclass(frozen=True)
class LockItem:
    """The lock's item in the table."""

    fence: int = 0
    """Number of the holder: each new holder has a higher one. 0 before the first."""
    beat: int = 0
    """Counts the holder's renewals."""
    holder: Holder | None = None
    freeze: Freeze | None = None
    renewed: str = field(default="", compare=False)
    """When the holder wrote it last, ISO time by its clock: for display, never for a decision."""
    previous: Holder | None = None
    """The holder before a takeover; None if the lock was free, or was acquired without a takeover."""

    @property
    def mark(self) -> Mark:
        """The value to compare with a later read."""
        return Mark(self.fence, self.beat)
