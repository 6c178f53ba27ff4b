"""The evidence file of a subject: its report, and all that is needed to run it again."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.evidence.prove.report import Report, Subject, Table

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / "docs" / "evidence"
_PACKAGES = ("boto3", "moto", "hypothesis", "pytest")


@dataclass(frozen=True)
class Run:
    """One run of a subject."""

    subject: Subject
    seed: int
    scale: float
    directory: Path = DIRECTORY

    @property
    def path(self) -> Path:
        return self.directory / f"{self.subject.name}.md"

    @property
    def command(self) -> str:
        return f"python -m tests.evidence.prove {self.subject.name} --seed {self.seed} --scale {self.scale:g}"


def write(run: Run, report: Report, seconds: float) -> None:
    """Write the evidence, over that of the run before."""
    run.directory.mkdir(parents=True, exist_ok=True)
    run.path.write_text("\n".join(_lines(run, report, seconds)) + "\n")


def _lines(run: Run, report: Report, seconds: float) -> Iterator[str]:
    yield from (f"# {run.subject.name}: {'FAILED' if report.failures else 'holds'}", "", run.subject.claim, "")
    if report.failures:
        yield from ("## Failures", "", *(f"- {_one_line(failure)}" for failure in report.failures), "")
    yield from ("## Figures", "", *_table(Table(("figure", "value"), report.figures)), "")
    for table in report.tables:
        yield from (*_table(table), "")
    for note in report.notes:
        yield from (note, "")
    yield from ("## The run", "", *_table(Table(("", ""), tuple(_circumstances(run, seconds)))))


def _circumstances(run: Run, seconds: float) -> Iterator[tuple[str, str]]:
    yield "date", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    yield "command", f"`{run.command}`"
    yield "seed, scale", f"{run.seed}, {run.scale:g}"
    yield "took", f"{seconds:.0f} s"
    yield "commit", _commit()
    yield "versions", ", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)])


def _commit() -> str:
    """The commit that ran, and whether files differed from it (evidence itself apart)."""
    head = _git("rev-parse", "--short=10", "HEAD") or "unknown"
    return head + (" with changes" if _git("status", "--porcelain", "--", ".", ":!docs/evidence") else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _table(table: Table) -> list[str]:
    return [_row(table.head), _row("---" for _ in table.head), *map(_row, table.rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_one_line(cell).replace("|", "\\|") for cell in cells) + " |"


def _one_line(text: str) -> str:
    return " ".join(text.split())
