"""Lists and describes the tasks of a service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appdeploy.model.ecs_state import Task

if TYPE_CHECKING:
    from typing import Literal

    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.ecs_state import ServiceName

DESCRIBE_TASKS_LIMIT = 100
"""Tasks in one DescribeTasks (API reference of ECS)."""


def list_tasks(ecs: ECSClient, service: ServiceName, status: Literal["RUNNING", "STOPPED"]) -> list[str]:
    """The ARNs of its tasks that are to run, or that are to stop or have stopped; ECS forgets those after about an hour."""
    pages = ecs.get_paginator("list_tasks").paginate(
        cluster=service.cluster, serviceName=service.arn.rsplit("/", 1)[-1], desiredStatus=status
    )
    return [arn for page in pages for arn in page["taskArns"]]


def describe_tasks(ecs: ECSClient, cluster: str, arns: Iterable[str]) -> list[Task]:
    """These tasks, without those that ECS has forgotten. One call per hundred."""
    wanted, found = sorted(arns), list[Task]()
    for start in range(0, len(wanted), DESCRIBE_TASKS_LIMIT):
        reply = ecs.describe_tasks(cluster=cluster, tasks=wanted[start : start + DESCRIBE_TASKS_LIMIT])
        found += [Task.from_reply(item) for item in reply["tasks"]]
    return found
