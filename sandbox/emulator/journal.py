"""The journal of the emulated world: what really happened, in order, whatever the API shows of it.

Entries are written where the change is made. A test that judges an outcome by the journal does not depend on the API's
views, which a fault may have made stale or silent.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.emulator.clock import Clock

KEPT = 200_000
"""How many of the newest entries are kept."""


class Kind(StrEnum):
    """What happened; the members that `details` has are named beside each."""

    DEFINITION_REGISTERED = "definition-registered"
    """`task_definition`, `tags` by key, and `by`: `action`, `call` (the request id), `access_key`. No service is concerned."""
    DEFINITION_DEREGISTERED = "definition-deregistered"
    """`task_definition`, `by`."""
    SERVICE_CREATED = "service-created"
    """`sent`, the request's parameters, and `by`."""
    SERVICE_UPDATED = "service-updated"
    """`sent`, `by`; written for every accepted UpdateService, also one that changes nothing."""
    SERVICE_DELETED = "service-deleted"
    """`sent`, `by`."""
    COUNT_CHANGED = "count-changed"
    """The desired count: `former`, `count`."""
    DEPLOYMENT_CREATED = "deployment-created"
    """`deployment`, `task_definition`, `service_deployment`."""
    DEPLOYMENT_PRIMARY = "deployment-primary"
    """`deployment`, `task_definition`; new, or completed earlier and rolled back to."""
    DEPLOYMENT_COMPLETED = "deployment-completed"
    """`deployment`, `task_definition`."""
    DEPLOYMENT_FAILED = "deployment-failed"
    """`deployment`, `task_definition`, `reason`."""
    ROLLBACK_STARTED = "rollback-started"
    """`deployment` that failed, `target` that is returned to, `task_definition` of the target, `reason`."""
    ROLLBACK_FINISHED = "rollback-finished"
    """`deployment` that failed, `target`, `task_definition` of the target, `succeeded`."""
    SERVICE_DEPLOYMENT = "service-deployment"
    """`service_deployment`, `deployment`, `status`, `reason`."""
    TASK_LAUNCHED = "task-launched"
    """`task`, `started_by` (a deployment's id, or RunTask's startedBy), `task_definition`."""
    TASK_RUNNING = "task-running"
    """`task`, `started_by`, `task_definition`, `digests` by container, `ip` by which target groups know it."""
    TASK_HEALTHY = "task-healthy"
    """`task`, `started_by`, `task_definition`: running, and healthy in every target group, for the first time."""
    TASK_STOPPING = "task-stopping"
    """`task`, `started_by`, `task_definition`, `code`, `reason`."""
    TASK_STOPPED = "task-stopped"
    """`task`, `started_by`, `task_definition`, `code`, `reason`, `exit_codes` by container."""
    TARGET = "target"
    """`group`, `ip`, `port`, `state` (None: deregistered), `reason`."""


@dataclass(frozen=True)
class Entry:
    """One change."""

    n: int
    """Its number since the emulator began, from 1."""
    time: datetime
    """By the emulator's clock."""
    kind: Kind
    service: str
    """ARN of the service; empty where none is concerned."""
    details: Mapping[str, Any]

    def document(self) -> dict[str, object]:
        """As the control endpoint shows it."""
        return {
            "n": self.n,
            "time": self.time.isoformat(),
            "kind": self.kind.value,
            "service": self.service,
            **self.details,
        }


class Journal:
    """Entries in the order of the changes. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, kind: Kind, service: str = "", **details: Any) -> None:
        """Write an entry under the next number; `details` must be fit for JSON."""
        with self._lock:
            self._count += 1
            self._entries.append(Entry(self._count, self._clock.now(), kind, service, details))

    def since(self, number: int) -> list[Entry]:
        """The entries after the one of this number, as far as they are kept."""
        with self._lock:
            # From the newest backwards: who follows the journal asks for a few of very many.
            found = []
            for entry in reversed(self._entries):
                if entry.n <= number:
                    break
                found.append(entry)
            return found[::-1]
