"""What a subject hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """The outcome of one subject. It holds when `failures` is empty."""

    figures: tuple[tuple[str, str], ...]
    """What was counted or measured, with its value and unit, in the order in which it is shown."""
    tables: tuple[Table, ...] = ()
    failures: tuple[str, ...] = ()
    """One sentence each: what was expected, what came, how to see it again (the seed of the case)."""
    notes: tuple[str, ...] = ()
    """Paragraphs: how to read the figures, and the documents behind them."""


Prove = Callable[[int, float], Report]
"""Takes a seed, and a scale: 1.0 is the full volume, 0.1 a tenth of it."""


@dataclass(frozen=True)
class Subject:
    """One claim. Its evidence is docs/evidence/<name>.md."""

    name: str
    claim: str
    """One sentence that the evidence file opens with."""
    minutes: float
    """Of wall time at scale 1.0 or less; a subject that takes longer is ended and has failed."""
    prove: Prove
