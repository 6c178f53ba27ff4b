"""What went wrong with a service in the last minutes: tasks that stopped, ECS's events, a deployment that failed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.deployments import deployed_definitions
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment
from appdeploy.model.plan import version_of
from appdeploy.model.task_definition import RELEASE_TAG, name_of
from appdeploy.status.report import EcsEvent, FailedDeployment, StoppedTasks
from appdeploy.watch.failures import Failure, classify, headline, summary

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.contract import ServiceContract
    from appdeploy.model.ecs_state import ServiceState, Task

WINDOW = timedelta(minutes=15)
"""How long a failure is shown: a crash loop has an end of its own in it, as ECS starts a failing task again within minutes."""

_BAD_NEWS = re.compile(r"\bunable\b|\bfail|\bunhealthy\b|\bthrottled\b|\bcould not\b|\berror\b", re.IGNORECASE)
"""In messages of docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html. That it
rolls back is shown as the deployment that failed."""


def recent_failures(tasks: Sequence[Task], state: ServiceState, application: str, now: datetime) -> tuple[StoppedTasks, ...]:
    """The tasks that failed within the window, by what happened; those of listed deployments first, then the most."""
    listed = {deployment.id for deployment in state.deployments}
    groups: dict[tuple[bool, str], list[tuple[datetime, Failure, Task]]] = {}
    for task in tasks:
        failure = classify(task, application)
        if failure is None or task.stopped_at is None or now - task.stopped_at > WINDOW:
            continue
        groups.setdefault((task.started_by in listed, failure.what), []).append((task.stopped_at, failure, task))
    found = [_together(group, current) for (current, _), group in groups.items()]
    return tuple(sorted(found, key=lambda stopped: (stopped.current, stopped.count, stopped.newest), reverse=True))


def _together(group: Sequence[tuple[datetime, Failure, Task]], current: bool) -> StoppedTasks:
    newest, last, task = max(group, key=lambda item: item[0])
    revision = name_of(task.task_definition) if task.task_definition else None
    return StoppedTasks(len(group), headline(failure for _, failure, _ in group), last.detail, newest, current, revision)


def bad_news(state: ServiceState, now: datetime) -> EcsEvent | None:
    """The newest event within the window that says that something does not work."""
    recent = (event for event in state.events if now - event.at <= WINDOW)
    return next((EcsEvent(event.message, event.at) for event in recent if _BAD_NEWS.search(event.message)), None)


def failed_deployment(
    clients: Clients, contract: ServiceContract, newest: ServiceDeployment | None, tasks: Sequence[Task]
) -> FailedDeployment | None:
    """The newest deployment, if it has failed. Two calls then. Errors of the SDK are raised."""
    if newest is None or not newest.status.is_final or newest.status is DeploymentStatus.SUCCESSFUL:
        return None
    arn = deployed_definitions(clients.ecs, [newest.revision]).get(newest.revision)
    definition = describe_task_definition(clients.ecs, arn) if arn else None
    failures = [classify(task, contract.container) for task in tasks if newest.rolls_out(task.started_by)]
    return FailedDeployment(
        status=newest.status.value,
        reason=" ".join(newest.reason.split()),
        at=newest.created,
        version=version_of(definition, contract.container) if definition else None,
        release=definition.tags.get(RELEASE_TAG) if definition else None,
        cause=summary(failure for failure in failures if failure is not None) or None,
        task_definition=name_of(arn) if arn else None,
    )
