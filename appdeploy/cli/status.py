"""`appdeploy status`: what an environment runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import environment_option, examples, gathered, json_option, region_option, services_option

if TYPE_CHECKING:
    from appdeploy.status.report import StatusReport

_INTERVAL = 5.0


@dataclass(frozen=True)
class _Look:
    """How it is looked at, and what is expected."""

    expect_healthy: bool
    expect_synced: bool
    watched: bool
    interval: float | None


_EXAMPLES = examples(
    "appdeploy status -e production",
    "appdeploy status -e production --watch --interval 2",
)


@click.command("status", short_help="Show what serves.", epilog=_EXAMPLES)
@environment_option
@services_option
@click.option("--expect-synced", is_flag=True, help="Exit with 10 if a released service does not run the newest template.")
@click.option("--expect-healthy", is_flag=True, help="Exit with 10 if something fails, or could not be read.")
@click.option("--watch", "watched", is_flag=True, help="Repeat, and show what changes, until Ctrl-C.")
@click.option(
    "--interval", type=click.FloatRange(min=1), metavar="SECONDS", help="With --watch: the pause between two looks. Default: 5."
)
@gathered(_Look, "look")
@json_option("Print one JSON object; with --watch one per line for each change.")
@region_option
def command(environment: str, services: tuple[str, ...], look: _Look, as_json: bool, region: str | None) -> int:
    """Show for each service which version serves, how many tasks run and are healthy, what is under way, and what fails.

    What fails: tasks that stopped within the last 15 minutes and why, ECS's last bad news, the deployment that failed last,
    and with it how to go back. Active alarms, the lock's holder and open releases are shown too. What cannot be read is
    named, and the rest is shown. Exit status: 0 when the status could be read, whatever it is; 10 when not, or when
    --expect-healthy or --expect-synced finds otherwise; 130 when --watch was interrupted.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.status.read import read_status

    if look.interval is not None and not look.watched:
        raise click.UsageError("--interval needs --watch", click.get_current_context())
    if look.watched and (look.expect_synced or look.expect_healthy):
        raise click.UsageError("--watch takes no --expect-synced and no --expect-healthy", click.get_current_context())
    clients = connect(region)
    if look.watched:
        return _watch(lambda: read_status(clients, environment, services), look.interval or _INTERVAL, as_json=as_json)
    report = read_status(clients, environment, services)
    _show(report, as_json=as_json)
    as_expected = (report.healthy or not look.expect_healthy) and not (report.drifted and look.expect_synced)
    return ExitCode.OK if as_expected else ExitCode.REFUSED


def _show(report: StatusReport, *, as_json: bool) -> None:
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
