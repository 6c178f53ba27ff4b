"""What all commands that start a deployment share: the options of the watch, the signals, and the way to an exit status."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from types import FrameType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock, SystemClock
    from appdeploy.events import Emit
    from appdeploy.lock.turn import Line
    from appdeploy.plan import ReleasePlan
    from appdeploy.render.plain import PlainRenderer
    from appdeploy.render.terminal import TerminalRenderer

_LIVE = "live"
_COMPLETE = "complete"


@dataclass(frozen=True)
class Following:
    """What a person asked of the watch, and of the way to it."""

    until: str | None
    timeout: int
    """Seconds."""
    patient: bool
    lock_wait: int | None
    """Seconds to stand in line for the environment's lock; None for a rollback, which stands in none."""


def following_options(function: Callable[..., int]) -> Callable[..., int]:
    """`--until`, `--timeout`, `--patient` and `--lock-wait`; the command gets them as `following`."""
    return _lock_wait(rollback_following_options(function))


def rollback_following_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same without `--lock-wait`: a rollback waits for nobody."""

    @wraps(function)
    def command(*, until: str | None, timeout: int, patient: bool, lock_wait: int | None = None, **others: object) -> int:
        return function(following=Following(until, timeout, patient, lock_wait), **others)

    return _until(_timeout(_patient(command)))


def follow(prepare: Callable[[Clients], ReleasePlan], region: str | None, following: Following) -> int:
    """Carry a plan out, show it, and return the exit status of its worst service. Ctrl-C and SIGTERM stop the watch alone."""
    from appdeploy.aws import connect
    from appdeploy.clock import SystemClock
    from appdeploy.outcome import worst
    from appdeploy.release import Watching, run_release
    from appdeploy.render import is_terminal
    from appdeploy.watch.judge import Policy

    clock = SystemClock()
    until = following.until or (_LIVE if is_terminal() else _COMPLETE)
    watching = Watching(Policy(until_complete=until == _COMPLETE, patient=following.patient), following.timeout)
    with _cancelling(clock), _renderer(clock) as render:
        clients = connect(region)
        line = _line(clients, clock, render, following.lock_wait)
        results = run_release(lambda: prepare(clients), watching, clients, clock, render, line)
    return worst(result.outcome for result in results).exit_code


_until = click.option(
    "--until",
    type=click.Choice([_LIVE, _COMPLETE]),
    help="Return when all new tasks serve, or when ECS has finished too. Default: live at a terminal, else complete.",
)
_timeout = click.option(
    "--timeout", type=click.IntRange(min=1), default=1200, show_default=True, metavar="SECONDS", help="How long to watch."
)
_patient = click.option("--patient", is_flag=True, help="Leave a failing release to ECS's circuit breaker and alarms.")


_lock_wait = click.option(
    "--lock-wait",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait while another release is at work or the environment is frozen.",
)


def _line(clients: Clients, clock: Clock, emit: Emit, lock_wait: int | None) -> Line:
    from appdeploy.lock.turn import AtOnce, InLine

    return AtOnce(clients, clock, emit) if lock_wait is None else InLine(clients, clock, emit, lock_wait)


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
