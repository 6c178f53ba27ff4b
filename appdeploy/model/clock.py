"""Time as an argument: a monotonic clock whose sleep can be interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from appdeploy.model.errors import AppdeployError, Interrupted


class Clock(Protocol):
    """A monotonic clock in seconds, and waiting on it."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when the command is being stopped."""

    def clear_cancelled(self) -> None:
        """Let `sleep` wait again after an interruption was handled."""

    def holding_back(self) -> AbstractContextManager[None]:
        """Let what interrupts the block wait for its end: then KeyboardInterrupt is raised."""

    @property
    def cancelled(self) -> bool:
        """Whether the command is being stopped."""


class SystemClock:
    """The machine's own monotonic clock."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._holds_back = False
        self._held_back = False

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`. Raises Interrupted as soon as `cancel` is called, in any thread."""
        if self._cancelled.wait(seconds):
            raise Interrupted("stopped while waiting")

    def cancel(self) -> None:
        """End every current and future wait, so that worker threads do not outlive the command."""
        self._cancelled.set()

    def interrupt(self) -> None:
        """End every wait, and raise KeyboardInterrupt: what a signal does, now or when it is not held back any more."""
        if self._holds_back:
            self._held_back = True
            return
        self.cancel()
        raise KeyboardInterrupt

    @contextmanager
    def holding_back(self) -> Iterator[None]:
        """Let what interrupts the block wait for its end: then KeyboardInterrupt is raised."""
        self._holds_back = True
        try:
            yield
        finally:
            self._holds_back, held_back, self._held_back = False, self._held_back, False
        if held_back:
            self.interrupt()

    def clear_cancelled(self) -> None:
        """Let `sleep` wait again, until the next `cancel`."""
        self._cancelled.clear()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called, and `clear_cancelled` was not called since."""
        return self._cancelled.is_set()


@contextmanager
def interruptible(clock: Clock) -> Iterator[None]:
    """Raise KeyboardInterrupt for an interruption that a C library (pydantic's) turned into an error of its own."""
    try:
        yield
    except AppdeployError:
        raise
    except Exception:
        if clock.cancelled:
            raise KeyboardInterrupt from None
        raise
