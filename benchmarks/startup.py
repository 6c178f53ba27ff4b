"""What our process costs before it does anything: `appdeploy --help` against an empty Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import Ran, run
from benchmarks.report import Spread, table, verdict

AIM = 5.0
"""Times an empty Python."""
_ROUNDS = 15
_COMMANDS: Mapping[str, Sequence[str]] = {
    "`python -c pass`": (sys.executable, "-c", "pass"),
    "`appdeploy --help`": (f"{Path(sys.executable).parent}/appdeploy", "--help"),
}


@dataclass(frozen=True)
class Floor:
    """What each command took, by its words."""

    ran: Mapping[str, tuple[Ran, ...]]

    @property
    def factor(self) -> float:
        """Median of our help by that of an empty Python."""
        empty, help_ = (_seconds(each).median for each in self.ran.values())
        return help_ / empty


def measure() -> Floor:
    """Run each in turn, after one that fills the caches of files."""
    ran: dict[str, list[Ran]] = {words: [] for words in _COMMANDS}
    for number in range(_ROUNDS + 1):
        for words, command in _COMMANDS.items():
            once = run(command, os.environ)
            ran[words] += [once] if number else []
    return Floor({words: tuple(each) for words, each in ran.items()})


def lines(floor: Floor) -> Iterator[str]:
    """A section of the evidence."""
    yield from ("## Start of the process", "", f"{_ROUNDS} rounds, in turn, before anything else ran.", "")
    rows = ((words, *_seconds(each).cells(3), *_processor(each).cells(3)[1:2]) for words, each in floor.ran.items())
    yield from table(("what", "least", "median", "most", "processor"), rows)


def verdict_of(floor: Floor) -> str:
    """Whether the aim was reached."""
    return verdict(f"`appdeploy --help` under {AIM:.0f} x an empty Python", held=floor.factor < AIM, seen=f"{floor.factor:.1f}")


def _seconds(ran: Sequence[Ran]) -> Spread:
    return Spread.of(each.seconds for each in ran)


def _processor(ran: Sequence[Ran]) -> Spread:
    return Spread.of(each.processor_seconds for each in ran)
