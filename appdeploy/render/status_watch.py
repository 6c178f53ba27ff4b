"""A repeated status: a table that is redrawn, or a block for each change."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from appdeploy.model.words import moment
from appdeploy.render.plain import report_problem, write
from appdeploy.render.status import root_cause_first, status_lines
from appdeploy.status.report import StatusReport
from appdeploy.status.watch import Look


def show_blocks(looks: Iterable[Look]) -> None:
    """For a pipe: the time, then the status, whenever it has changed. Ends when its reader has gone."""
    _show(looks, _block)


def show_json(looks: Iterable[Look]) -> None:
    """For programs: an object a line, whenever it has changed. Ends when its reader has gone."""
    _show(looks, lambda report: [report.to_json()])


def show_table(looks: Iterable[Look]) -> None:
    """For a terminal: one table, kept up to date."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from appdeploy.render.status_table import drawn

    with Live(console=Console(file=sys.stdout), auto_refresh=False, transient=False) as live:
        for look in looks:
            notes = [Text(f"{_now()}: {look.trouble}", "bold yellow")] if look.trouble else [Text(f"as of {_now()}", "dim")]
            live.update(Group(*drawn(root_cause_first(look.report), live.console.width), *notes), refresh=True)


def _show(looks: Iterable[Look], text: Callable[[StatusReport], Iterable[str]]) -> None:
    for look in looks:
        if look.trouble:
            report_problem([look.trouble])
        elif not write(sys.stdout, text(look.report)):
            return


def _block(report: StatusReport) -> Iterator[str]:
    yield _now()
    yield from status_lines(report)
    yield ""


def _now() -> str:
    return moment(datetime.now(UTC))
