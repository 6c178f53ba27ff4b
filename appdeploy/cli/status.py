"""`appdeploy status`: what an environment runs."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import environment_option, examples, gathered, json_option, region_option, services_option

if TYPE_CHECKING:
    from appdeploy.status.report import StatusReport

_INTERVAL = 5.0
_TIMEOUT = 600


@dataclass(frozen=True)
class _Look:
    """How it is looked at, and what is expected."""

    expect_healthy: bool
    expect_synced: bool
    watched: bool
    waits: bool
    interval: float | None
    timeout: int | None

    @property
    def contradiction(self) -> str | None:
        """Why these options do not go together; None if they do."""
        if self.watched and self.waits:
            return "--watch has no end and --wait has one: give one of them"
        if self.interval is not None and not (self.watched or self.waits):
            return "--interval needs --watch or --wait"
        if self.timeout is not None and not self.waits:
            return "--timeout needs --wait"
        if (self.watched or self.waits) and (self.expect_synced or self.expect_healthy):
            return f"{'--watch' if self.watched else '--wait'} takes no --expect-synced and no --expect-healthy"
        return None


_EXAMPLES = examples(
    "appdeploy status -e production",
    "appdeploy status -e production --watch --interval 2",
    "appdeploy status -e production --service agent --wait --timeout 900",
)


@click.command("status", short_help="Show what serves.", epilog=_EXAMPLES)
@environment_option
@services_option
@click.option("--expect-synced", is_flag=True, help="Exit with 10 if a released service does not run the newest template.")
@click.option("--expect-healthy", is_flag=True, help="Exit with 10 if something fails, or could not be read.")
@click.option("--watch", "watched", is_flag=True, help="Repeat, and show what changes, until Ctrl-C.")
@click.option(
    "--wait",
    "waits",
    is_flag=True,
    help="Wait until no deployment and no command is under way and all is healthy; show changes.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help=f"With --watch or --wait: the pause between two looks. Default: {_INTERVAL:g}.",
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help=f"With --wait: how long to wait. Default: {_TIMEOUT}.",
)
@gathered(_Look, "look")
@json_option("Print one JSON object; with --watch or --wait one per line for each change.")
@region_option
def command(environment: str, services: tuple[str, ...], look: _Look, as_json: bool, region: str | None) -> int:
    """Show for each service which version serves, how many tasks run and are healthy, what is under way, and what fails.

    What fails: tasks that stopped within the last 15 minutes and why, ECS's last bad news, the deployment that failed last,
    and with it how to go back. Active alarms, the lock's holder and open releases are shown too. What cannot be read is
    named, and the rest is shown. Exit status: 0 when the status could be read, whatever it is; 10 when not, or when
    --expect-healthy or --expect-synced finds otherwise; 130 when --watch or --wait was interrupted.

    With --wait: 0 when nothing is under way and all is healthy, also after a rollback; 24 when something was still under way at
    the end of the time; 22 when nothing was, and something fails; 10 when the first look could not be read.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.status.read import read_status

    if look.contradiction:
        raise click.UsageError(look.contradiction, click.get_current_context())
    clients = connect(region)
    if look.watched or look.waits:
        return _repeat(lambda: read_status(clients, environment, services), look, as_json=as_json)
    report = read_status(clients, environment, services)
    _show(report, as_json=as_json)
    as_expected = (report.healthy or not look.expect_healthy) and not (report.drifted and look.expect_synced)
    return ExitCode.OK if as_expected else ExitCode.REFUSED


def _show(report: StatusReport, *, as_json: bool) -> None:
    from appdeploy.render import is_terminal
    from appdeploy.render.plain import write
    from appdeploy.render.status import root_cause_first, status_lines

    if as_json:
        write(sys.stdout, [report.to_json(indent=2)])
    elif is_terminal():
        from appdeploy.render.status_table import print_table

        print_table(root_cause_first(report))
    else:
        write(sys.stdout, status_lines(report))


def _repeat(read: Callable[[], StatusReport], look: _Look, *, as_json: bool) -> int:
    """Until an interruption, which is the regular end of --watch, until its reader has gone, or as --wait says."""
    from appdeploy.app.console import cancelling
    from appdeploy.model.clock import SystemClock
    from appdeploy.model.errors import Interrupted
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render import is_terminal, status_watch
    from appdeploy.render.plain import report_problem
    from appdeploy.status.wait import Standing, Wait
    from appdeploy.status.watch import watch

    clock, interval, timeout = SystemClock(), look.interval or _INTERVAL, look.timeout or _TIMEOUT
    show = status_watch.show_table if is_terminal() else status_watch.show_blocks
    wait = Wait(read, clock, interval, timeout) if look.waits else None
    try:
        with cancelling(clock):
            looks = iter(wait or watch(read, clock, interval))
            (status_watch.show_json if as_json else show)(looks)
            if wait:
                deque(looks, maxlen=0)  # Its exit status counts, also when standard output is closed.
    except (KeyboardInterrupt, Interrupted):
        return ExitCode.INTERRUPTED
    if wait is None:
        return ExitCode.OK
    if wait.standing is not Standing.STEADY:
        report_problem([f"after {timeout} s {wait.standing.value}"])
    return wait.standing.exit_code
