"""A status report as a table on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from appdeploy.render.fitting import broken
from appdeploy.render.status import environment_lines, heading, remarks, revision, targets, tasks, version
from appdeploy.status.report import StatusReport


def print_table(report: StatusReport) -> None:
    """Draw the report on standard output."""
    console = Console(file=sys.stdout)
    for part in drawn(report, console.width):
        # A command that is longer than a line is left to the terminal, which copies it whole.
        console.print(part, soft_wrap=isinstance(part, Text))


def drawn(report: StatusReport, width: int) -> Iterator[RenderableType]:
    """The report's parts, from top to bottom, for a terminal of that many columns."""
    yield from (Text(part) for part in broken(heading(report), width))
    table = Table(box=None, pad_edge=False)
    for title in ("service", "version", "tasks", "healthy", "revision"):
        table.add_column(title, overflow="fold")  # Nothing is cut off: it is what one looks for.
    for service in report.services:
        healthy = next(iter(targets(service).split()), "-")
        style = "red" if service.failing else ""
        table.add_row(service.name, version(service), Text(tasks(service), style), Text(healthy, style), revision(service))
    yield table
    for service in report.services:
        for remark in remarks(service, report.environment):
            yield from (Text(part, "yellow") for part in broken(f"{service.name}: {remark}", width))
    for line in environment_lines(report):
        yield from (Text(part, "yellow") for part in broken(line, width))
