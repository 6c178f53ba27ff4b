"""What all commands that start a deployment share: the options of the watch, the signals, and the way to an exit status."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from appdeploy.cli.options import json_option, reason_options

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.lock.session import Acquirer
    from appdeploy.model.clock import Clock, SystemClock
    from appdeploy.model.events import Emit
    from appdeploy.model.plan import ReleasePlan
    from appdeploy.notify.fanout import EventFanout, Renderer

_LIVE = "live"
_COMPLETE = "complete"
_LEAVE = "leave"
_ROLLBACK = "rollback"


@dataclass(frozen=True)
class ReleaseOptions:
    """What a person asked of the watch, and of the way to it."""

    until: str | None
    timeout: int
    """Seconds."""
    patient: bool
    as_json: bool
    """Whether a program reads along: events as lines of JSON, and nothing else on standard output."""
    lock_wait: int | None = None
    """Seconds to stand in line for the environment's lock; None for a rollback, which stands in none."""
    on_interrupt: str = _LEAVE
    resumes: bool = False
    """Whether it takes an interrupted release up, which may be a rollback."""
    without_ledger: bool = False
    """Not to try the releases table: for a rollback alone."""
    reason: str | None = None
    change_ticket: str | None = None


def release_options(function: Callable[..., int]) -> Callable[..., int]:
    """Why, and how a release is followed; the command gets it as `following`."""
    return reason_options(_lock_wait(_on_interrupt(_gathering(function))))


def resume_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a release that has begun: why it is made is in the ledger."""
    return _lock_wait(_on_interrupt(_gathering(function)))


def rollback_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a rollback, which waits for nobody and does not need the table: `--without-ledger`."""
    return reason_options(_without_ledger(_gathering(function)))


def _gathering(function: Callable[..., int]) -> Callable[..., int]:
    """`--until`, `--timeout`, `--patient` and `--json`; these and what else belongs to Following is handed on as one value."""
    names = {field.name for field in fields(ReleaseOptions)}

    @wraps(function)
    def command(**options: Any) -> int:
        ours = {name: options.pop(name) for name in names & options.keys()}
        return function(following=ReleaseOptions(**ours), **options)

    return _until(_timeout(_patient(_json(command))))


def follow(prepare: Callable[[Clients], ReleasePlan], environment: str, region: str | None, following: ReleaseOptions) -> int:
    """Carry a plan out, show it, and return the exit status of its worst service. Ctrl-C and SIGTERM stop the watch alone."""
    from appdeploy.aws.clients import connect
    from appdeploy.model.clock import SystemClock
    from appdeploy.model.outcome import worst
    from appdeploy.notify.eventbridge import EventBridgeSender
    from appdeploy.notify.fanout import EventFanout
    from appdeploy.notify.notifier import Notifier
    from appdeploy.release.run import WatchOptions, run_release
    from appdeploy.render import is_terminal
    from appdeploy.watch.judge import Policy

    clock = SystemClock()
    until = following.until or (_LIVE if is_terminal() else _COMPLETE)
    policy = Policy(until_complete=until == _COMPLETE, patient=following.patient)
    watching = WatchOptions(policy, following.timeout, revert_on_interrupt=following.on_interrupt == _ROLLBACK)
    with cancelling(clock), EventFanout(_renderer(clock, as_json=following.as_json), clock) as emit:
        _summarise(emit, environment)
        clients = connect(region)
        emit.subscribe(Notifier(EventBridgeSender(clients.once.events), emit))
        line = _line(clients, clock, emit, following)
        results = run_release(lambda: _with_why(prepare(clients), following), watching, clients, clock, emit, line)
        if following.lock_wait is not None:
            _tidy(clients, environment)
    return worst(result.outcome for result in results).exit_code


def _summarise(everyone: EventFanout, environment: str) -> None:
    """In a GitHub job, for the page of its run too."""
    from appdeploy.render.step_summary import VARIABLE, StepSummary

    if path := os.environ.get(VARIABLE):
        everyone.subscribe(StepSummary(environment, Path(path)))


def _tidy(clients: Clients, environment: str) -> None:
    """Settle what earlier releases left open. Never in the way of this one's outcome."""
    from appdeploy.model.errors import AppdeployError
    from appdeploy.reconcile.list import read_reconciled

    with suppress(AppdeployError):
        read_reconciled(clients, environment)


def _with_why(plan: ReleasePlan, following: ReleaseOptions) -> ReleasePlan:
    reason, ticket = following.reason or plan.reason, following.change_ticket or plan.change_ticket
    return replace(plan, reason=reason, change_ticket=ticket)


_until = click.option(
    "--until",
    type=click.Choice([_LIVE, _COMPLETE]),
    help="Return when all new tasks serve, or when ECS has finished too. Default: live at a terminal, else complete.",
)
_timeout = click.option(
    "--timeout", type=click.IntRange(min=1), default=1200, show_default=True, metavar="SECONDS", help="How long to watch."
)
_patient = click.option("--patient", is_flag=True, help="Leave a failing release to ECS's circuit breaker and alarms.")
_json = json_option("Print a JSON object a line for each event (docs/events.md), and nothing else.")
_lock_wait = click.option(
    "--lock-wait",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait while another release is at work or the environment is frozen.",
)


_on_interrupt = click.option(
    "--on-interrupt",
    type=click.Choice([_LEAVE, _ROLLBACK]),
    default=_LEAVE,
    show_default=True,
    help="On Ctrl-C or SIGTERM: leave the release to ECS and stop watching, or ask for the way back and watch that.",
)
_without_ledger = click.option(
    "--without-ledger", is_flag=True, help="Do not try the releases table: neither the lock nor the record."
)


def _line(clients: Clients, clock: Clock, emit: Emit, following: ReleaseOptions) -> Acquirer:
    from appdeploy.lock.session import ResumingAcquirer, TakeoverAcquirer, WaitingAcquirer

    at_once = TakeoverAcquirer(clients, emit, following.without_ledger)
    if following.lock_wait is None:
        return at_once
    in_line = WaitingAcquirer(clients, clock, emit, following.lock_wait)
    return ResumingAcquirer(at_once, in_line) if following.resumes else in_line


def _renderer(clock: Clock, *, as_json: bool) -> Renderer:
    from appdeploy.render import is_terminal

    if as_json:
        from appdeploy.render.json_renderer import JsonRenderer

        return JsonRenderer()
    from appdeploy.render.plain import PlainRenderer

    if not is_terminal():
        return PlainRenderer()
    from appdeploy.render.terminal import TerminalRenderer

    return TerminalRenderer(clock)


@contextmanager
def cancelling(clock: SystemClock) -> Iterator[None]:
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


@contextmanager
def showing(clock: SystemClock, *, as_json: bool = False) -> Iterator[Emit]:
    """Where events are shown, for a command that starts no deployment; Ctrl-C and SIGTERM end its waits."""
    with cancelling(clock), _renderer(clock, as_json=as_json) as render:
        yield render
