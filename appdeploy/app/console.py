"""A process that shows an operation: at a terminal, in a pipe, in a CI job. Signals end its waits."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from appdeploy.model.clock import SystemClock
from appdeploy.render import is_terminal
from appdeploy.render.question import ask, can_ask

if TYPE_CHECKING:
    from appdeploy.app.confirmation import Ask
    from appdeploy.model.clock import Clock
    from appdeploy.notify.fanout import Renderer, Subscriber


@dataclass(frozen=True)
class Console:
    """Where an operation is shown, and by which clock it waits."""

    clock: Clock
    show: Renderer
    subscribers: Sequence[Subscriber] = ()
    """Who else gets the events."""
    at_terminal: bool = False
    ask: Ask | None = None
    """Asks the person there before a protected environment is changed; None where no question is asked."""


@contextmanager
def open_console(environment: str, *, as_json: bool = False, asks: bool = False) -> Iterator[Console]:
    """The console of this process; as long as it is open, Ctrl-C and SIGTERM end its waits.

    `asks`: whether a person at its terminal is asked for a confirmation, never with JSON, which a program reads.
    """
    clock = SystemClock()
    with cancelling(clock):
        asked = ask if asks and not as_json and can_ask() else None
        yield Console(clock, _renderer(clock, as_json=as_json), _step_summary(environment), is_terminal(), asked)


@contextmanager
def cancelling(clock: SystemClock) -> Iterator[None]:
    """Make SIGTERM mean the same as Ctrl-C, and let both end the waits of worker threads too."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        clock.interrupt()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _renderer(clock: Clock, *, as_json: bool) -> Renderer:
    if as_json:
        from appdeploy.render.json_renderer import JsonRenderer

        return JsonRenderer()
    if not is_terminal():
        from appdeploy.render.plain import PlainRenderer

        return PlainRenderer()
    from appdeploy.render.terminal import TerminalRenderer

    return TerminalRenderer(clock)


def _step_summary(environment: str) -> Sequence[Subscriber]:
    """In a GitHub job, the page of its run."""
    from appdeploy.render.step_summary import VARIABLE, StepSummary

    path = os.environ.get(VARIABLE)
    return (StepSummary(environment, Path(path)),) if path else ()
