"""`appdeploy status`: what an environment runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import environment_option, examples, json_option, region_option, services_option

if TYPE_CHECKING:
    from appdeploy.status.report import StatusReport

_INTERVAL = 5.0


_EXAMPLES = examples(
    "appdeploy status -e production",
    "appdeploy status -e production --watch --interval 2",
)


@click.command("status", short_help="Show what serves.", epilog=_EXAMPLES)
@environment_option
@services_option
@click.option("--expect-synced", is_flag=True, help="Exit with 10 if a released service does not run the newest template.")
@click.option("--watch", "watched", is_flag=True, help="Repeat, and show what changes, until Ctrl-C.")
@click.option(
    "--interval", type=click.FloatRange(min=1), metavar="SECONDS", help="With --watch: the pause between two looks. Default: 5."
)
@json_option("Print one JSON object; with --watch one per line for each change.")
@region_option
def command(
    environment: str,
    services: tuple[str, ...],
    expect_synced: bool,
    watched: bool,
    interval: float | None,
    as_json: bool,
    region: str | None,
) -> int:
    """Show for each service which version serves, how many tasks run and are healthy, and what is under way.

    The lock's holder and open releases are shown too. Exit status: 0 when the status could be read, whatever it is; 10 when
    not, or when --expect-synced finds drift; 130 when --watch was interrupted.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.status.read import read_status

    if interval is not None and not watched:
        raise click.UsageError("--interval needs --watch", click.get_current_context())
    if expect_synced and watched:
        raise click.UsageError("--watch takes no --expect-synced", click.get_current_context())
    clients = connect(region)
    if watched:
        return _watch(lambda: read_status(clients, environment, services), interval or _INTERVAL, as_json=as_json)
    return _show(read_status(clients, environment, services), expect_synced=expect_synced, as_json=as_json)


def _show(report: StatusReport, *, expect_synced: bool, as_json: bool) -> int:
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render import is_terminal
    from appdeploy.render.plain import write
    from appdeploy.render.status import status_lines

    if as_json:
        write(sys.stdout, [report.to_json(indent=2)])
    elif is_terminal():
        from appdeploy.render.status_table import print_table

        print_table(report)
    else:
        write(sys.stdout, status_lines(report))
    return ExitCode.REFUSED if expect_synced and report.drifted else ExitCode.OK


def _watch(read: Callable[[], StatusReport], interval: float, *, as_json: bool) -> int:
    """Until an interruption, which is its regular end, or until the reader of its output has gone."""
    from appdeploy.app.console import cancelling
    from appdeploy.model.clock import SystemClock
    from appdeploy.model.errors import Interrupted
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render import is_terminal, status_watch
    from appdeploy.status.watch import watch

    clock = SystemClock()
    show = status_watch.show_table if is_terminal() else status_watch.show_blocks
    try:
        with cancelling(clock):
            (status_watch.show_json if as_json else show)(watch(read, clock, interval))
    except (KeyboardInterrupt, Interrupted):
        return ExitCode.INTERRUPTED
    return ExitCode.OK
