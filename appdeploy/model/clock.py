"""Time as an argument: a monotonic clock whose sleep can be cut short."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from appdeploy.model.errors import AppdeployError, Interrupted


class Clock(Protocol):
    """Seconds on a clock that never goes back, and a way to wait on it."""

    def now(self) -> float:
        """Seconds since some fixed moment."""

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when the command is being stopped."""

    def clear_cancelled(self) -> None:
        """Wait again after an interruption that was heard."""

    @property
    def cancelled(self) -> bool:
        """Whether the command is being stopped."""


class SystemClock:
    """The machine's own monotonic clock."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait `seconds`. Raises Interrupted as soon as `cancel` is called, in whichever thread it waits."""
        if self._cancelled.wait(seconds):
            raise Interrupted("stopped while waiting")

    def cancel(self) -> None:
        """End every present and future wait, so that worker threads do not outlive the command."""
        self._cancelled.set()

    def clear_cancelled(self) -> None:
        """Let `sleep` wait again, until the next `cancel`."""
        self._cancelled.clear()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called, and `go_on` was not since."""
        return self._cancelled.is_set()


@contextmanager
def interruptible(clock: Clock) -> Iterator[None]:
    """Let an interruption be one: libraries written in C (pydantic's) turn KeyboardInterrupt into an error of their own."""
    try:
        yield
    except AppdeployError:
        raise
    except Exception:
        if clock.cancelled:
            raise KeyboardInterrupt from None
        raise
