"""Databases and caches that take time to come: `creating` first, then `available`. moto has them at once.

docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html (status of a DB instance): while it is `creating`, it
cannot be reached. docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html: the same two states.
"""

from __future__ import annotations

import threading
from typing import Any

from sandbox.emulator.clock import Clock
from sandbox.emulator.timings import Timings


class Arrivals:
    """What is being created, and when it is there."""

    def __init__(self, clock: Clock, timings: Timings) -> None:
        self._clock = clock
        self._timings = timings
        self._lock = threading.Lock()
        self._coming: list[tuple[float, Any]] = []

    def database(self, made: Any) -> None:
        """A database instance of moto's that was asked for just now."""
        self._expect(made, self._timings.database)

    def cache(self, made: Any) -> None:
        """A replication group of moto's that was asked for just now."""
        self._expect(made, self._timings.cache)

    def step(self) -> None:
        """Make available what is due."""
        with self._lock:
            now = self._clock.monotonic()
            for at, made in self._coming:
                # One that was deleted meanwhile is not there any more, and nobody sees what it says.
                if at <= now and made.status == "creating":
                    made.status = "available"
            self._coming = [(at, made) for at, made in self._coming if at > now]

    def _expect(self, made: Any, seconds: float) -> None:
        if seconds > 0:
            with self._lock:
                made.status = "creating"
                self._coming.append((self._clock.monotonic() + seconds, made))
