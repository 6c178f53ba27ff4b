"""A status report as a table on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from appdeploy.render.status import heading, ledger_lines, remarks, tasks, version
from appdeploy.status.report import ServiceStatus, StatusReport


def print_table(report: StatusReport) -> None:
    """Draw the report on standard output."""
    console = Console(file=sys.stdout)
    for part in drawn(report):
        console.print(part)


def drawn(report: StatusReport) -> Iterator[RenderableType]:
    """The report's parts, from top to bottom."""
    yield Text(heading(report))
    table = Table("service", "version", "tasks", "healthy", "task definition", box=None, pad_edge=False)
    for service in report.services:
        healthy = "-" if service.healthy is None else str(service.healthy)
        table.add_row(
            service.name, Text(version(service)), Text(tasks(service), _style(service)), healthy, service.task_definition
        )
    yield table
    for service in report.services:
        yield from (Text(f"{service.name}: {remark}", "yellow") for remark in remarks(service))
    yield from (Text(line, "yellow") for line in ledger_lines(report))


def _style(service: ServiceStatus) -> str:
    return "" if service.running >= service.desired else "red"
