"""What the scheduler asks of the data plane, and the one that needs no sockets."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from sandbox.emulator.elb.routing import Routing


@dataclass(frozen=True)
class TaskApp:
    """The application in a task's container."""

    task_id: str
    version: str
    health_paths: frozenset[str]
    health_status: int
    """HTTP status of its health paths: 200 or 503."""


@dataclass(frozen=True)
class Probe:
    """One health check to make."""

    local_port: int | None
    """None: nothing listens at the target."""
    path: str
    timeout: float
    """Seconds."""


class ProbeFailure(Enum):
    """A health check that got no answer."""

    TIMED_OUT = auto()
    REFUSED = auto()


ProbeResult = int | ProbeFailure
"""The HTTP status, or why there is none."""


class DataPlane(Protocol):
    """The network: tasks that answer, load balancers that listen. All ports are on 127.0.0.1."""

    def start_task(self, app: TaskApp) -> int:
        """Let a task listen; returns its port."""

    def stop_task(self, port: int) -> None:
        """Stop a task's listening and reset what it still holds: its container is gone."""

    def open_listener(self) -> int:
        """Let a load balancer listen; returns its port. What it answers is for the routing to say."""

    def close_listener(self, port: int) -> None:
        """Stop listening."""

    def publish(self, routing: Routing) -> None:
        """Replace all listeners' rules at once."""

    @property
    def authority(self) -> str:
        """What a client has to trust to talk to HTTPS listeners, as PEM."""

    def probe(self, probes: Sequence[Probe]) -> list[ProbeResult]:
        """Make health checks, all at once, and wait for their results."""

    def close(self) -> None:
        """Close every port."""


class QuietDataPlane:
    """A data plane without traffic: health checks are answered from memory, no port is opened."""

    def __init__(self) -> None:
        self._ports = itertools.count(1)
        self._apps: dict[int, TaskApp] = {}

    def start_task(self, app: TaskApp) -> int:
        port = next(self._ports)
        self._apps[port] = app
        return port

    def stop_task(self, port: int) -> None:
        del self._apps[port]

    def open_listener(self) -> int:
        return next(self._ports)

    def close_listener(self, port: int) -> None:
        pass

    def publish(self, routing: Routing) -> None:
        pass

    @property
    def authority(self) -> str:
        return ""

    def probe(self, probes: Sequence[Probe]) -> list[ProbeResult]:
        return [self._answer(probe) for probe in probes]

    def close(self) -> None:
        self._apps.clear()

    def _answer(self, probe: Probe) -> ProbeResult:
        app = self._apps.get(probe.local_port) if probe.local_port is not None else None
        if app is None:
            return ProbeFailure.REFUSED
        return app.health_status if probe.path in app.health_paths else 200
