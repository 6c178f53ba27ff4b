"""The lock as values: who holds it, who froze the environment, and whether it has moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Holder:
    """The release at work."""

    release: str
    """Its release id."""
    who: str
    since: str
    """ISO time of the holder's own clock: for people to read, never for a decision."""
    token: str
    """Random, and new for each attempt: by it an attempt knows its own write again after a lost reply."""
    reason: str = ""
    """What it is for."""


@dataclass(frozen=True)
class Freeze:
    """A person's word that nothing is to be released."""

    who: str
    since: str
    """ISO time, for people to read."""
    reason: str


class Mark(NamedTuple):
    """Changes with every write of the holder half. Equal marks mean that the holder has not stirred."""

    fence: int
    beat: int


@dataclass(frozen=True)
class LockItem:
    """What the table says."""

    fence: int = 0
    """Counts who has held the lock: each new holder has a higher one. 0 before the first."""
    beat: int = 0
    """Counts the holder's renewals."""
    holder: Holder | None = None
    freeze: Freeze | None = None
    previous: Holder | None = None
    """From whom the holder seized the lock; None when nobody held it, and for a holder that has not seized it."""

    @property
    def mark(self) -> Mark:
        """What to compare with a later reading."""
        return Mark(self.fence, self.beat)
