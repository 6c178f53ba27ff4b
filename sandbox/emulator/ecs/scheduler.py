"""One step of everything: health checks, then every service, then tasks that belong to none."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.emulator.ecs.model import Service, Task, TaskStatus
from sandbox.emulator.ecs.rolling import RollingScheduler
from sandbox.emulator.ecs.rollout import Rollout
from sandbox.emulator.ecs.tasks import TaskLifecycle
from sandbox.emulator.elb.health import HealthChecks
from sandbox.emulator.world import World


class Scheduler:
    """Moves the ECS world on. `lock` is held while services and tasks change; the API takes it too."""

    def __init__(self, world: World) -> None:
        self.lock = threading.RLock()
        self.lifecycle = TaskLifecycle(world)
        self.journal = world.journal
        self.rollout = Rollout(world.clock, world.journal)
        self._world = world
        self._health = HealthChecks(world.targets, world.timings)
        self._rolling = RollingScheduler(world, self.lifecycle, self.rollout)
        self._standalone: list[Task] = []
        self._stopped: deque[tuple[float, Task]] = deque()

    def now(self) -> datetime:
        """The time that answers carry."""
        return self._world.clock.now()

    def step(self) -> None:
        """Do everything that is due at the clock's present time."""
        with self.lock:
            checks = self._health.due(self._world.clock.monotonic())
        # Without the lock: these are real requests, and API calls need not wait for them.
        results = self._world.dataplane.probe([probe for _, probe in checks])
        with self.lock:
            for (target, _), result in zip(checks, results, strict=True):
                self._health.apply(target, result)
            for service in services():
                self.step_service(service)
            self._step_standalone()
            self._forget_stopped()

    def step_service(self, service: Service) -> None:
        """Do what is due for one service; the caller holds the lock."""
        before = list(service.tasks.values())
        self._rolling.step(service)
        self._note_stopped(before)

    def adopt(self, task: Task) -> None:
        """Take care of a task that RunTask launched."""
        self._standalone.append(task)

    def _step_standalone(self) -> None:
        for task in self._standalone:
            self.lifecycle.step(task)
        self._note_stopped(self._standalone)
        self._standalone = [task for task in self._standalone if task.status is not TaskStatus.STOPPED]

    def _note_stopped(self, tasks: list[Task]) -> None:
        until = self._world.clock.monotonic() + self._world.timings.stopped_kept
        self._stopped.extend((until, task) for task in tasks if task.status is TaskStatus.STOPPED)

    def _forget_stopped(self) -> None:
        now = self._world.clock.monotonic()
        while self._stopped and self._stopped[0][0] <= now:
            _, task = self._stopped.popleft()
            tasks = ecs_backends[task.account][task.region].tasks
            for cluster_tasks in tasks.values():
                cluster_tasks.pop(task.task_arn, None)


def services() -> Iterator[Service]:
    """All services of every account and region."""
    for backend in backends():
        yield from list(backend.services.values())


def backends() -> Iterator[Any]:
    """moto's ECS backends that are in use."""
    for regions in list(ecs_backends.values()):
        yield from list(regions.values())
