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
    """Hears along."""

    def on_event(self, event: Event) -> None:
        """Take one event in, before it is shown."""

    def end(self, error: BaseException | None) -> None:
        """The release is over; `error` is what ended the command instead of an outcome."""


class EventFanout:
    """Hands events on. Whoever stands aside and fails is heard of once, and hears nothing more."""

    def __init__(self, show: Renderer, clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self._asides: list[Subscriber] = []
        self._in_turn = threading.RLock()
        """Several threads tell events, and whoever hears one may tell another."""

    def subscribe(self, aside: Subscriber) -> None:
        """Let somebody hear along from now on."""
        self._asides.append(aside)

    def __call__(self, event: Event) -> None:
        """Tell everyone."""
        with self._in_turn:
            for aside in list(self._asides):
                self._undisturbed(aside, partial(self._heed, partial(aside.on_event, event)))
            self._heed(partial(self._show, event))

    def __enter__(self) -> Self:
        self._show.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, Delegated):
            self._show.__exit__(None, None, None)
            return
        try:
            for aside in list(self._asides):
                self._undisturbed(aside, partial(aside.end, error))
        finally:
            self._show.__exit__(kind, error, trace)

    def _heed(self, act: Callable[[], None]) -> None:
        """An interruption is none of the errors that are passed over."""
        with interruptible(self._clock):
            act()

    def _undisturbed(self, aside: Subscriber, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            if aside in self._asides:
                self._asides.remove(aside)
            for line in described(error)[1]:
                _log.warning(line)
