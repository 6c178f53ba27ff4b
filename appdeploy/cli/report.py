"""`appdeploy report`: the record of a release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import environment_option, examples, region_option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appdeploy.aws.clients import Clients


_EXAMPLES = examples(
    "appdeploy report -e production upgrade-2026-1130-143000-abc123 --output record.md",
)


@click.command("report", short_help="Write the record of a release.", epilog=_EXAMPLES)
@click.argument("release", metavar="RELEASE")
@environment_option
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Where to write it instead of to standard output.",
)
@region_option
def command(release: str, environment: str, output: Path | None, region: str | None) -> int:
    """Write the record of RELEASE as Markdown: what, who, why, from and to, each step with its time, the outcome.

    Exit status: 0, or 10 when the ledger cannot be read, has no such release, or FILE cannot be written.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.reconcile.list import read_release
    from appdeploy.render.plain import write
    from appdeploy.render.report import report_lines

    clients = connect(region)
    reading = read_release(clients, environment, release)
    lines = list(report_lines(reading, _serving(clients, environment, tuple(reading.entry.services))))
    if output is None:
        write(sys.stdout, lines)
    else:
        _keep(output, lines)
    return ExitCode.OK


def _serving(clients: Clients, environment: str, services: tuple[str, ...]) -> dict[str, str]:
    """What serves now. A record is worth having without it."""
    from appdeploy.model.errors import AppdeployError
    from appdeploy.render.status import tasks, version
    from appdeploy.status.read import read_status

    try:
        report = read_status(clients, environment, services)
    except AppdeployError as error:
        return {service: f"not known: {error.lines[0]}" for service in services}
    return {service.name: f"{version(service)}, {tasks(service)}" for service in report.services}


def _keep(output: Path, lines: Iterable[str]) -> None:
    from appdeploy.model.errors import Refused

    try:
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{output} could not be written: {error.strerror}") from None
