"""What all measurements share: their spread, the machine that they ran on, tables and files of evidence."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from tests.support.evidence import DIRECTORY


@dataclass(frozen=True)
class Spread:
    """Least, median and most of some measurements."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Raises ValueError when there are none."""
        measured = list(values)
        return cls(min(measured), statistics.median(measured), max(measured))

    def cells(self, digits: int) -> tuple[str, str, str]:
        """For a row of a table."""
        return f"{self.least:.{digits}f}", f"{self.median:.{digits}f}", f"{self.most:.{digits}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of Markdown, and an empty one."""
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows), ""]


def circumstances(command: str) -> str:
    """One line: how to measure again, when this was measured, and on what."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load}, {platform.system()}"
    return f"`{command}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, Python {platform.python_version()}."


def verdict(aim: str, *, held: bool, seen: str) -> str:
    """One item of a list: an aim, and whether it was reached."""
    return f"- {aim}: {'held' if held else 'NOT held'} ({seen})."


def write(name: str, lines: Iterable[str]) -> str:
    """Write a file of evidence over that of the run before; returns its text."""
    text = "\n".join(lines)
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    (DIRECTORY / f"{name}.md").write_text(text)
    return text


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
