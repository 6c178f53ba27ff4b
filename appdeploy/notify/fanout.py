"""All who hear a release's events: one who shows them, and others beside, none of whom may disturb it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from appdeploy.model.clock import interruptible
from appdeploy.model.errors import Delegated, described
from appdeploy.model.events import Event

if TYPE_CHECKING:
    from appdeploy.model.clock import Clock

_log = logging.getLogger(__name__)


class Renderer(Protocol):
    """Shows events where the command was called."""

    def __call__(self, event: Event) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Subscriber(Protocol):
    """Gets the events beside the renderer."""

    def on_event(self, event: Event) -> None:
        """Take one event, before it is shown."""

    def end(self, error: BaseException | None) -> None:
        """The release is over; `error` is what ended the command instead of an outcome."""


class EventFanout:
    """Hands events on. A subscriber that fails is logged once, and gets no more events."""

    def __init__(self, show: Renderer, clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self._subscribers: list[Subscriber] = []
        self._lock = threading.RLock()
        """Several threads emit events, and a subscriber may emit another one."""

    def subscribe(self, subscriber: Subscriber) -> None:
        """Hand events to it from now on."""
        self._subscribers.append(subscriber)

    def __call__(self, event: Event) -> None:
        """Hand one event to all."""
        with self._lock:
            for subscriber in list(self._subscribers):
                self._guarded(subscriber, partial(self._interruptible, partial(subscriber.on_event, event)))
            self._interruptible(partial(self._show, event))

    def __enter__(self) -> Self:
        self._show.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, Delegated):
            self._show.__exit__(None, None, None)
            return
        try:
            for subscriber in list(self._subscribers):
                self._guarded(subscriber, partial(subscriber.end, error))
        finally:
            self._show.__exit__(kind, error, trace)

    def _interruptible(self, act: Callable[[], None]) -> None:
        """An interruption is never swallowed with a subscriber's error."""
        with interruptible(self._clock):
            act()

    def _guarded(self, subscriber: Subscriber, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)
            for line in described(error)[1]:
                _log.warning(line)
