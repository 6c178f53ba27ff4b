"""Reads that answer the state before the last write: the API is eventually consistent, moto never is.

"The Amazon ECS API follows an eventual consistency model" (docs.aws.amazon.com/AmazonECS/latest/APIReference/Welcome.html).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.awsrequest import AwsCall
from sandbox.emulator.clock import Clock
from sandbox.emulator.faults import Faults


@dataclass(frozen=True)
class _Memory:
    """moto's ECS backend as it was at a moment of the clock."""

    taken: float
    backend: Any


class StaleReads:
    """Keeps the state before the newest write while a fault asks for it. The scheduler's lock guards it."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock
        self._memories: dict[tuple[str, str], _Memory] = {}

    def backend(self, call: AwsCall, present: Any) -> Any:
        """What a call is to be answered from: the present backend, or for a struck read its former state."""
        key, now = (present.account_id, present.region_name), self._clock.monotonic()
        if call.mutates:
            if self._faults.staleness():
                self._memories[key] = _Memory(now, _picture(present))
            return present
        memory = self._memories.get(key)
        if memory is None or not self._faults.stale(call, now - memory.taken):
            return present
        return memory.backend


def _picture(backend: Any) -> Any:
    """A copy of what reads look at; services and tasks, which change from within, are copied whole."""
    made = copy.copy(backend)
    made.services, made.tasks = copy.deepcopy((backend.services, backend.tasks))
    made.clusters = dict(backend.clusters)
    made.task_definitions = {family: dict(revisions) for family, revisions in backend.task_definitions.items()}
    return made
