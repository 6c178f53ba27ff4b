"""Runs the one-off task that a service's contract names before each rollout, such as a database migration.

The task is the service's new revision with another command, in the service's own network. As long as one of a wave has not
ended with code 0, no service of that wave is updated (docs/migrations.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.model.errors import OutOfReach
from appdeploy.model.events import PreDeployEnded, PreDeployLog, PreDeployStarted
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.rollout import unchanged_serving
from appdeploy.tasks.follow import RunningTask, TaskRunner
from appdeploy.tasks.judge import TaskEnd
from appdeploy.tasks.start import OneOffTask

if TYPE_CHECKING:
    from appdeploy.ledger.locked_change import ReleaseContext
    from appdeploy.model.contract import PreDeployTask
    from appdeploy.model.plan import ReleasePlan, ServicePlan

TOKEN_LIVES = timedelta(minutes=50)
"""How long after the first request the same token surely starts nothing twice: ECS keeps it for the task's lifetime and an
hour (ECS_Idempotency.html), and ten minutes are for clocks that differ."""

_LINES_KEPT = 10


class PreDeployTasks:
    """The tasks before the rollouts of one release."""

    def __init__(self, plan: ReleasePlan, revisions: Mapping[str, str], context: ReleaseContext, writer: EcsWriter) -> None:
        """`revisions` are the registered task definitions by service."""
        self._plan = plan
        self._revisions = revisions
        self._ledger = context.ledger
        self._emit = context.emit
        self._clock = context.clock
        self._started = context.clock.now()
        self._runner = TaskRunner(context.clients, writer, context.clock, self._on_line, self._on_end)

    def run(self, services: Sequence[ServicePlan]) -> list[ServiceResult]:
        """Run the tasks of these services in parallel, each to its end. The results of those that failed.

        Raises LockLost and OutOfReach when nothing may be sent.
        """
        to_run = {service.contract.name: service for service in services if is_needed(service)}
        if not to_run:
            return []
        self._ledger.pre_deploy_starting(to_run)
        started = map_parallel(self._start, to_run.values())
        running = [item for item in started if isinstance(item, RunningTask)]
        for task in running:
            self._ledger.pre_deploy_ran(task.asked.name, task.arn, None, ended=False)
            self._emit(PreDeployStarted(task.asked.name, task.arn, " ".join(task.asked.command)))
        ends = self._runner.follow(running)
        failed = [self._result(to_run[end.name], end) for end in ends if end.problem is not None]
        return [*(item for item in started if isinstance(item, ServiceResult)), *failed]

    def _start(self, service: ServicePlan) -> RunningTask | ServiceResult:
        """Start it, or find it again: one release never runs it twice."""
        earlier = service.resumed.pre_deploy if service.resumed else None
        if earlier and earlier.exit_code is not None:
            return self._failed(service, f"exited with code {earlier.exit_code}")
        if earlier and earlier.task is None and datetime.now(UTC) - earlier.started > TOKEN_LIVES:
            return self._failed(
                service, f"may have run since {earlier.started:%Y-%m-%d %H:%M}Z: look at its log, then release again"
            )
        task = self._task(service)
        try:
            return self._runner.found(task, earlier.task) if earlier and earlier.task else self._runner.start(task)
        except WriteRefused as error:
            return self._failed(service, f"could not be started: {error}")
        except OutOfReach as error:
            return self._unknown(service, f"whether the task before its rollout was started is not known: {error}")
        except AwsError as error:  # Of reading the service, before anything was sent.
            return self._unknown(service, f"the task before its rollout was not started: {explain(error)}")

    def _task(self, service: ServicePlan) -> OneOffTask:
        contract, named = service.contract, _task_of(service)
        return OneOffTask(
            name=contract.name,
            service=contract.service,
            cluster=self._plan.cluster,
            task_definition=self._revisions[contract.name],
            definition=service.base,
            container=contract.container,
            command=named.command,
            timeout_seconds=named.timeout_seconds,
            release_id=self._plan.release_id,
        )

    def _on_line(self, name: str, line: str) -> None:
        self._emit(PreDeployLog(name, line))

    def _on_end(self, name: str, task: str, exit_code: int | None) -> None:
        self._ledger.pre_deploy_ran(name, task, exit_code, ended=True)
        self._emit(PreDeployEnded(name, exit_code))

    def _result(self, service: ServicePlan, end: TaskEnd) -> ServiceResult:
        if not end.known:
            return self._unknown(service, f"the task before its rollout {end.problem}")
        return self._failed(service, end.problem or "", end.lines)

    def _failed(self, service: ServicePlan, problem: str, lines: Sequence[str] = ()) -> ServiceResult:
        cause, seconds = f"the task before its rollout {problem}", self._clock.now() - self._started
        name, kept = service.contract.name, tuple(lines[-_LINES_KEPT:])
        return ServiceResult(name, Outcome.SKIPPED, unchanged_serving(service), cause, kept, seconds)

    def _unknown(self, service: ServicePlan, cause: str) -> ServiceResult:
        name, seconds = service.contract.name, self._clock.now() - self._started
        return ServiceResult(name, Outcome.TIMED_OUT, unchanged_serving(service), cause, seconds=seconds, final=False)


def is_needed(service: ServicePlan) -> bool:
    """Whether it has to run. Only a new revision has something to prepare, and what has passed is not run again."""
    earlier = service.resumed.pre_deploy if service.resumed else None
    passed = service.deployment_id is not None or (earlier is not None and earlier.exit_code == 0)
    return service.contract.pre_deploy is not None and service.change.registers and not passed


def _task_of(service: ServicePlan) -> PreDeployTask:
    """What the contract names, of a service that has such a task."""
    assert service.contract.pre_deploy is not None, "only services with such a task are asked"
    return service.contract.pre_deploy
