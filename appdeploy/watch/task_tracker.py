"""The tasks of one rollout. Each task is described only as often as its state requires."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appdeploy.aws.service_tasks import describe_tasks, list_tasks
from appdeploy.watch.failures import Failure, classify

if TYPE_CHECKING:
    from typing import Literal

    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.ecs_state import Task
    from appdeploy.model.rollout import Rollout

_RUNNING = "RUNNING"
_STOPPED = "STOPPED"
_HEALTHY = "HEALTHY"


class TaskTracker:
    """The tasks that our deployment started, running and stopped."""

    def __init__(self, ecs: ECSClient, rollout: Rollout) -> None:
        self._ecs = ecs
        self._rollout = rollout
        self._known: dict[str, Task] = {}
        self._present: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """List the service's tasks and describe those that are new or may have changed: usually three calls."""
        present = frozenset(self._list("RUNNING"))
        stopped = frozenset(self._list("STOPPED"))
        self._describe(arn for arn in present | stopped if not self._is_settled(arn, arn in stopped))
        self._present = present

    def recheck(self) -> None:
        """Describe again the tasks whose container health checks are still pending."""
        self._describe(task.arn for task in self._ours() if task.arn in self._present and not self._is_settled(task.arn, False))

    @property
    def running(self) -> tuple[Task, ...]:
        """Our tasks that run and, if a container has a health check, have passed it."""
        return tuple(task for task in self._ours() if task.arn in self._present and self._is_up(task))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Our failed tasks, one entry each."""
        application = self._rollout.plan.contract.container
        # Reason and exit code are known as soon as a task stops; it may take half a minute more until it is STOPPED.
        stopped = (classify(task, application) for task in self._ours() if task.stop_code)
        return tuple(failure for failure in stopped if failure is not None)

    def _ours(self) -> Iterable[Task]:
        return (task for task in self._known.values() if task.started_by == self._rollout.deployment_id)

    def _is_up(self, task: Task) -> bool:
        return task.status == _RUNNING and (task.health == _HEALTHY or not self._rollout.plan.base.has_container_check)

    def _is_settled(self, arn: str, stopped: bool) -> bool:
        task = self._known.get(arn)
        if task is None:
            return False
        if task.started_by != self._rollout.deployment_id:
            return True
        return task.status == _STOPPED if stopped else self._is_up(task)

    def _list(self, status: Literal["RUNNING", "STOPPED"]) -> list[str]:
        return list_tasks(self._ecs, self._rollout.service, status)

    def _describe(self, arns: Iterable[str]) -> None:
        tasks = describe_tasks(self._ecs, self._rollout.service.cluster, arns)
        self._known.update((task.arn, task) for task in tasks)
