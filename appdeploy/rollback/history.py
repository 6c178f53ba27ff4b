"""What ECS remembers of a service's deployments (90 days: docs.aws.amazon.com/AmazonECS/latest/developerguide/
view-service-deployment.html), and where that says the way back leads. No other record is needed to roll back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from appdeploy.deployments import service_deployments
from appdeploy.ecs_state import DeploymentStatus

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_REVISIONS = 20
"""Service revisions in one DescribeServiceRevisions (API reference of ECS)."""
_GOING_BACK = (
    DeploymentStatus.ROLLBACK_REQUESTED,
    DeploymentStatus.ROLLBACK_IN_PROGRESS,
    DeploymentStatus.STOP_REQUESTED,
)
_TELLING = (DeploymentStatus.SUCCESSFUL, *_GOING_BACK)


@dataclass(frozen=True)
class Completed:
    """A deployment that succeeded."""

    task_definition: str
    created: datetime


@dataclass(frozen=True)
class History:
    """A service's deployments as ECS remembers them."""

    completed: tuple[Completed, ...]
    """Newest first."""
    gives_up: bool
    """Whether ECS is about to take the newest deployment back right now."""


def read_history(ecs: ECSClient, cluster: str, service: str, most: int = _REVISIONS) -> History:
    """The newest deployments, with at most `most` that succeeded. Two calls up to a hundred deployments and 20 successes."""
    records = sorted(service_deployments(ecs, cluster, service, _TELLING), key=lambda record: record.created, reverse=True)
    succeeded = list(islice((record for record in records if record.status is DeploymentStatus.SUCCESSFUL), most))
    definitions = _definitions(ecs, [record.revision for record in succeeded])
    return History(
        tuple(
            Completed(definitions[record.revision], record.created) for record in succeeded if record.revision in definitions
        ),
        any(record.status in _GOING_BACK for record in records),
    )


def way_back(history: History, primary: str) -> str | None:
    """The task definition that a rollback returns to, of those in the history; None when there is none.

    `primary` is what ECS works towards now. As long as that has never succeeded, or ECS takes a deployment back itself,
    the way back is the last success. Else it is the newest success older than the *first* one of `primary`, so that
    rolling back twice goes further back and never forward again.
    """
    succeeded = [item.task_definition for item in history.completed]
    if primary not in succeeded or history.gives_up:
        return succeeded[0] if succeeded else None
    first = len(succeeded) - 1 - succeeded[::-1].index(primary)
    return next(iter(succeeded[first + 1 :]), None)


def points(completed: Sequence[Completed]) -> tuple[Completed, ...]:
    """Each task definition once, at its newest success."""
    newest: dict[str, Completed] = {}
    for item in completed:
        newest.setdefault(item.task_definition, item)
    return tuple(newest.values())


def _definitions(ecs: ECSClient, revisions: Sequence[str]) -> dict[str, str]:
    """Task definitions by service revision."""
    found: dict[str, str] = {}
    wanted = list(dict.fromkeys(revisions))
    for start in range(0, len(wanted), _REVISIONS):
        reply = ecs.describe_service_revisions(serviceRevisionArns=wanted[start : start + _REVISIONS])
        found.update((item["serviceRevisionArn"], item["taskDefinition"]) for item in reply["serviceRevisions"])
    return found
