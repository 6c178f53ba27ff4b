"""Clocks: the scheduler asks one for the time and never the system, so that a test can step it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time as the emulator sees it."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""

    def now(self) -> datetime:
        """The moment that AWS would write into its answers, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return when that much time has passed."""


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class ManualClock:
    """Time that stands still until `advance` is called."""

    def __init__(self, start: datetime | None = None) -> None:
        """Begin at `start` (UTC), or now: some of moto's services compare what they are told with the real time."""
        self._start = start or datetime.now(UTC)
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def advance(self, seconds: float) -> None:
        """Move both readings forward."""
        with self._lock:
            self._elapsed += seconds

    def sleep(self, seconds: float) -> None:
        """Who waits moves the time on: nobody else does."""
        self.advance(seconds)
