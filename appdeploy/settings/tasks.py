"""Creation times of tasks: a task has the setting values that were written before it was created."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_AT_ONCE = 100
"""Tasks in one DescribeTasks (API reference of ECS)."""


def task_creation_times(ecs: ECSClient, cluster: str, service: str) -> list[datetime]:
    """When each running task of the service was created, by ECS's clock. Two calls per hundred tasks."""
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, serviceName=service, desiredStatus="RUNNING")
    arns = [arn for page in pages for arn in page["taskArns"]]
    moments: list[datetime] = []
    for start in range(0, len(arns), _AT_ONCE):
        reply = ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + _AT_ONCE])
        moments += [task["createdAt"] for task in reply["tasks"] if "createdAt" in task]
    return moments
