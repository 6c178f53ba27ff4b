"""Named mutants of the scheduler: small patches that each break one rule of ECS, to show that the scenarios would notice.

A mutant lives only while it is applied, in the process that applies it. The emulator's files know nothing of it.
"""

from __future__ import annotations
import __future__

import inspect
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.emulator.ecs import rollout
from sandbox.emulator.ecs.model import Task
from sandbox.emulator.ecs.rolling import RollingScheduler
from sandbox.emulator.ecs.rollout import Rollout
from sandbox.emulator.ecs.tasks import TaskLifecycle
from tests.support.sources import Source


@dataclass(frozen=True)
class Mutant:
    """One text of one function, replaced by another."""

    name: str
    breaks: str
    """The rule that holds no more."""
    source: Source
    """Who says that ECS has that rule."""
    owner: Any
    """The class or module that holds the function."""
    function: str
    old: str
    new: str

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Put the mutant in the function's place for a while. Raises ValueError when the text is not there once."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.owner, self.function, self._mutated())
            yield

    def _mutated(self) -> Any:
        original = vars(self.owner)[self.function]
        is_property = isinstance(original, property)
        text = textwrap.dedent(inspect.getsource(original.fget if is_property else original))
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} occurs {text.count(self.old)} times in {self.function}")
        made: dict[str, Any] = {}
        module = sys.modules[self.owner.__module__] if inspect.isclass(self.owner) else self.owner
        code = compile(
            text.replace(self.old, self.new),
            f"<{self.name}>",
            "exec",
            flags=__future__.annotations.compiler_flag,
            dont_inherit=True,
        )
        exec(code, vars(module), made)
        return made[self.function]


MUTANTS = (
    Mutant(
        "breaker-off-by-one",
        "the circuit breaker trips when its threshold is reached, not at the failure after",
        Source.BREAKER,
        RollingScheduler,
        "_judge",
        "breaker_failures >= threshold",
        "breaker_failures > threshold",
    ),
    Mutant(
        "old-tasks-stopped-early",
        "old tasks stay until as many new ones are healthy as minimumHealthyPercent asks for",
        Source.ROLLING,
        RollingScheduler,
        "_retire",
        "[: max(0, spare)]",
        "",
    ),
    Mutant(
        "targets-left-behind",
        "a task that has drained is taken out of its target group",
        Source.LOAD_BALANCING,
        TaskLifecycle,
        "_step_down",
        "self._world.targets.remove(target)",
        "pass",
    ),
    Mutant(
        "failed-counts-lost",
        "failedTasks counts the tasks that did not start",
        Source.API_DEPLOYMENT,
        RollingScheduler,
        "_count_failure",
        "deployment.failed_tasks += 1",
        "pass",
    ),
    Mutant(
        "event-forgotten",
        "a service says in an event that its deployment has completed",
        Source.EVENTS,
        Rollout,
        "complete",
        'self.event(service, f"(deployment {primary.id}) deployment completed.")',
        "pass",
    ),
    Mutant(
        "health-check-skipped",
        "a new task counts as healthy when its load balancer finds it so, not when it runs",
        Source.ROLLING,
        Task,
        "healthy",
        " and all(t.healthy for t in self.targets)",
        "",
    ),
    Mutant(
        "bake-skipped",
        "a deployment with alarms is watched for its bake time before it is complete",
        Source.ALARMS,
        RollingScheduler,
        "_settle",
        "if self._bakes(service):",
        "if False:",
    ),
    Mutant(
        "alarm-ignored",
        "an alarm that goes off fails the deployment",
        Source.ALARMS,
        RollingScheduler,
        "_watch_alarms",
        "if triggered:",
        "if False:",
    ),
    Mutant(
        "old-alarm-watched",
        "an alarm that is in ALARM before the deployment begins is ignored for all of it",
        Source.ALARMS,
        rollout,
        "_watches_alarms",
        " and not alarms.in_alarm(service.account, service.region, names)",
        "",
    ),
    Mutant(
        "superseding-lost",
        "a deployment that a newer one replaces ends as STOPPED",
        Source.STATES,
        Rollout,
        "start",
        "if not running.status.finished:",
        "if False:",
    ),
    Mutant(
        "rolled-back-to-the-first",
        "a rollback returns to the newest deployment that completed",
        Source.BREAKER,
        Rollout,
        "complete",
        "service.last_completed = [primary], primary",
        "service.last_completed = [primary], service.last_completed or primary",
    ),
    Mutant(
        "lost-task-replaced-with-the-new-revision",
        "a lost task of the serving revision is replaced by one of the same revision",
        Source.LOST_TASKS,
        RollingScheduler,
        "_launch",
        "self._launch_some(service, primary.replaces, min(lost, room))",
        "self._launch_some(service, primary, min(lost, room))",
    ),
)
