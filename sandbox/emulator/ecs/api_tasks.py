"""Operations on tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.ecs import errors, validation, views
from sandbox.emulator.ecs.api import Answer, EcsApiBase, answer
from sandbox.emulator.ecs.model import LaunchSettings, Owner, StopCode, Task
from sandbox.emulator.ecs.rollout import FARGATE_PLATFORM


@dataclass(frozen=True)
class _Request:
    """A RunTask that was carried out."""

    sent: Mapping[str, Any]
    tasks: list[Task]


_MOST_RUN = 10
_MOST_DESCRIBED = 100


class TasksApi(EcsApiBase):
    """Run, list, describe and stop."""

    def run_task(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        definition = self.active_definition(sent["taskDefinition"])
        count = int(sent.get("count") or 1)
        if not 1 <= count <= _MOST_RUN:
            raise errors.invalid_parameter(f"Count must be between 1 and {_MOST_RUN}.")
        if (launched := self._launched_before(cluster)) is not None:
            return answer({"tasks": [views.task(task) for task in launched], "failures": []})
        validation.can_launch(None if sent.get("capacityProviderStrategy") else sent.get("launchType") or "EC2")
        validation.network_fits(self.ecs_backend, definition, sent.get("networkConfiguration"))
        tasks = [
            self.scheduler.lifecycle.launch(
                self.ecs_backend,
                cluster,
                definition,
                _launch_settings(sent, definition),
                Owner(sent.get("group") or f"family:{definition.family}", sent.get("startedBy") or ""),
            )
            for _ in range(count)
        ]
        for task in tasks:
            self.scheduler.adopt(task)
        self._requests[cluster.name, sent.get("clientToken")] = _Request(_without_token(sent), tasks)
        return answer({"tasks": [views.task(task) for task in tasks], "failures": []})

    def _launched_before(self, cluster: Any) -> list[Task] | None:
        """What a request with the same token has launched, as long as ECS remembers it: until an hour after the tasks'
        end, or for a day (docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html)."""
        sent = self.sent
        known = self._requests.get((cluster.name, sent.get("clientToken")))
        if known is None or not all(task in self._tasks(cluster) for task in known.tasks):
            return None
        if known.sent != _without_token(sent):
            raise errors.conflict("The provided clientToken is already in use with a different RunTask request.")
        return known.tasks

    @property
    def _requests(self) -> dict[tuple[str, Any], _Request]:
        """The requests of the backend by cluster and token. Its own, so that they are emptied and copied with it."""
        requests: dict[tuple[str, Any], _Request] = vars(self.ecs_backend).setdefault("run_task_requests", {})
        return requests

    def list_tasks(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        name = (sent.get("serviceName") or "").split("/")[-1]
        if name and f"{cluster.name}:{name}" not in self.ecs_backend.services:
            raise errors.service_not_found()
        arns = [task.task_arn for task in self._tasks(cluster) if _matches(task, sent, name)]
        return self.page(arns, "taskArns")

    def describe_tasks(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        wanted = sent.get("tasks") or []
        if not wanted:
            raise errors.invalid_parameter("Tasks cannot be empty.")
        if len(wanted) > _MOST_DESCRIBED:
            raise errors.invalid_parameter(f"Tasks must have {_MOST_DESCRIBED} elements at most.")
        known = {task.id: task for task in self._tasks(cluster)}
        found = [known.get(name.split("/")[-1]) for name in wanted]
        failures = [
            {"arn": self._task_arn(cluster, name), "reason": "MISSING"}
            for name, task in zip(wanted, found, strict=True)
            if task is None
        ]
        return answer({"tasks": [self._task_view(task) for task in found if task], "failures": failures})

    def stop_task(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        task = next((t for t in self._tasks(cluster) if t.id == sent["task"].split("/")[-1]), None)
        if task is None:
            raise errors.invalid_parameter("The referenced task was not found.")
        self.scheduler.lifecycle.stop(task, sent.get("reason") or "Task stopped by user", StopCode.USER)
        return answer({"task": views.task(task)})

    def start_task(self) -> Answer:
        raise errors.not_emulated("StartTask")

    def create_task_set(self) -> Answer:
        raise errors.not_emulated("task sets")

    describe_task_sets = update_task_set = delete_task_set = update_service_primary_task_set = create_task_set

    def _tasks(self, cluster: Any) -> list[Task]:
        return list(self.ecs_backend.tasks.get(cluster.name, {}).values())

    def _task_arn(self, cluster: Any, name: str) -> str:
        prefix = f"arn:aws:ecs:{self.region}:{self.current_account}:task/{cluster.name}/"
        return name if name.startswith("arn:") else prefix + name

    def _task_view(self, task: Task) -> views.Document:
        document = views.task(task)
        if not self.tags_wanted():
            del document["tags"]
        return document


def _without_token(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name != "clientToken"}


def _matches(task: Task, sent: Mapping[str, Any], service: str) -> bool:
    return (
        task.desired_status == (sent.get("desiredStatus") or "RUNNING")
        and (not service or task.owner.group == f"service:{service}")
        and sent.get("family") in (None, task.definition.family)
        and sent.get("startedBy") in (None, task.owner.started_by)
        and sent.get("launchType") in (None, task.settings.launch_type)
    )


def _launch_settings(sent: Mapping[str, Any], definition: Any) -> LaunchSettings:
    tags = list(sent.get("tags") or [])
    if sent.get("propagateTags") == "TASK_DEFINITION":
        tags += definition.tags
    return LaunchSettings(
        launch_type=sent.get("launchType") or "FARGATE",
        platform_version=sent.get("platformVersion") or FARGATE_PLATFORM,
        network_configuration=sent.get("networkConfiguration"),
        enable_execute_command=bool(sent.get("enableExecuteCommand")),
        tags=tuple(tags),
        overrides=sent.get("overrides") or {},
    )
