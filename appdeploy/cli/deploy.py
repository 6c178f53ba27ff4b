"""`appdeploy deploy`: release a version."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import environment_option, region_option, services_option, version_option

if TYPE_CHECKING:
    from appdeploy.clock import Clock, SystemClock
    from appdeploy.render.plain import PlainRenderer
    from appdeploy.render.terminal import TerminalRenderer

_LIVE = "live"
_COMPLETE = "complete"


@click.command("deploy", short_help="Release a version.")
@environment_option
@version_option
@services_option
@click.option(
    "--until",
    type=click.Choice([_LIVE, _COMPLETE]),
    help="Return when all new tasks serve, or when ECS has finished too. Default: live at a terminal, else complete.",
)
@click.option(
    "--timeout", type=click.IntRange(min=1), default=1200, show_default=True, metavar="SECONDS", help="How long to watch."
)
@click.option("--patient", is_flag=True, help="Leave a failing release to ECS's circuit breaker and alarms.")
@region_option
def command(
    environment: str,
    version: str,
    services: tuple[str, ...],
    until: str | None,
    timeout: int,
    patient: bool,
    region: str | None,
) -> int:
    """Release VERSION to an environment's services, and watch it to its outcome.

    Each service keeps what it runs but for one image, pinned by digest. The first release starts from the template that
    the infrastructure made. Exit status: 0 live or unchanged, 10 refused, 20 rolled back by ECS, 21 rolled back by us,
    22 failed, 23 superseded, 24 timed out.
    """
    from appdeploy.aws import connect
    from appdeploy.clock import SystemClock
    from appdeploy.outcome import worst
    from appdeploy.release import Request, release
    from appdeploy.render import is_terminal
    from appdeploy.watch.judge import Policy

    clock = SystemClock()
    policy = Policy(until_complete=(until or (_LIVE if is_terminal() else _COMPLETE)) == _COMPLETE, patient=patient)
    request = Request(environment, version, services, policy, timeout)
    with _cancelling(clock), _renderer(clock) as render:
        results = release(request, connect(region), clock, render)
    return worst(result.outcome for result in results).exit_code


def _renderer(clock: Clock) -> PlainRenderer | TerminalRenderer:
    from appdeploy.render import is_terminal
    from appdeploy.render.plain import PlainRenderer

    if not is_terminal():
        return PlainRenderer()
    from appdeploy.render.terminal import TerminalRenderer

    return TerminalRenderer(clock)


@contextmanager
def _cancelling(clock: SystemClock) -> Iterator[None]:
    """Make SIGTERM mean the same as Ctrl-C, and let both end the waits of worker threads too."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        clock.cancel()
        raise KeyboardInterrupt

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
