"""A status report as a table on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from appdeploy.render.status import environment_lines, heading, remarks, revision, targets, tasks, version
from appdeploy.status.report import StatusReport


def print_table(report: StatusReport) -> None:
    """Draw the report on standard output."""
    console = Console(file=sys.stdout)
    for part in drawn(report):
        console.print(part)


def drawn(report: StatusReport) -> Iterator[RenderableType]:
    """The report's parts, from top to bottom."""
    yield Text(heading(report))
    table = Table(box=None, pad_edge=False)
    for title in ("service", "version", "tasks", "healthy", "revision"):
        table.add_column(title, overflow="fold")  # Nothing is cut off: it is what one looks for.
    for service in report.services:
        healthy = next(iter(targets(service).split()), "-")
        style = "red" if service.failing else ""
        table.add_row(service.name, version(service), Text(tasks(service), style), Text(healthy, style), revision(service))
    yield table
    for service in report.services:
        yield from (Text(f"{service.name}: {remark}", "yellow") for remark in remarks(service, report.environment))
    yield from (Text(line, "yellow") for line in environment_lines(report))
