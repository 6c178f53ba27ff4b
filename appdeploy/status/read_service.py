"""Reads the status of one service: from each source what it says, and of one that does not answer, that it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from appdeploy.aws.current_state import describe_task_definition, on_template
from appdeploy.aws.deployments import newest_deployments
from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.service_tasks import describe_tasks, list_tasks
from appdeploy.model.ecs_state import Deployment, ServiceDeployment, ServiceName, ServiceState, Task
from appdeploy.model.plan import version_of
from appdeploy.model.task_definition import RELEASE_TAG, TEMPLATE_TAG, TaskDefinition, name_of
from appdeploy.status.failures import bad_news, failed_deployment, recent_failures
from appdeploy.status.report import ServiceStatus, TemplateDrift, Underway
from appdeploy.watch.routing import Ambiguous, Serving, read_routing

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.contract import ServiceContract

T = TypeVar("T")


def read_service(
    clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState, now: datetime
) -> ServiceStatus:
    """The status of a service that DescribeServices returned."""
    return _Reading(clients, cluster, contract, state).status(now)


class _Reading:
    """The reads about one service, and which of them failed."""

    def __init__(self, clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState) -> None:
        self._clients = clients
        self._cluster = cluster
        self._contract = contract
        self._state = state
        self._problems: list[str] = []
        self._unclear: str | None = None
        """Why it is not known which target group serves."""

    def status(self, now: datetime) -> ServiceStatus:
        contract, state = self._contract, self._state
        newest = self._tried(self._newest_deployment)
        serving, coming = _serving_and_coming(state, newest)
        arn = serving.task_definition if serving else state.task_definition
        definition = self._tried(lambda: describe_task_definition(self._clients.ecs, arn))
        released = not on_template(contract, arn)
        healthy = self._tried(lambda: self._healthy_targets(newest))
        tasks = self._tried(self._stopped_tasks) or []
        return ServiceStatus(
            name=contract.name,
            released=released,
            version=version_of(definition, contract.container) if definition and released else None,
            digest=definition.image_of(contract.container).digest if definition and released else None,
            task_definition=name_of(arn),
            running=serving.running if serving else state.running,
            desired=serving.desired if serving else state.desired,
            healthy=healthy,
            routing_problem=self._unclear,
            underway=self._tried(lambda: self._underway(coming, newest)) if coming else None,
            last_failure=self._tried(lambda: failed_deployment(self._clients, contract, newest, tasks)),
            template_drift=template_drift(definition, contract) if definition and released else None,
            release=definition.tags.get(RELEASE_TAG) if definition and released else None,
            stopped_tasks=recent_failures(tasks, state, contract.container, now),
            event=bad_news(state, now),
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _tried(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except AwsError as error:
            self._problems.append(explain(error))
            return None

    def _newest_deployment(self) -> ServiceDeployment | None:
        return next(iter(newest_deployments(self._clients.ecs, self._cluster, self._contract.service)), None)

    def _stopped_tasks(self) -> list[Task]:
        service = ServiceName(self._cluster, self._contract.service)
        return describe_tasks(self._clients.ecs, self._cluster, list_tasks(self._clients.ecs, service, "STOPPED"))

    def _healthy_targets(self, newest: ServiceDeployment | None) -> int | None:
        elbv2 = self._clients.elbv2
        revisions = list(self._state.revisions) or ([newest.revision] if newest else [])
        match read_routing(self._clients.ecs, elbv2, self._contract, revisions):
            case Serving(target_group):
                reply = elbv2.describe_target_health(TargetGroupArn=target_group)
                states = [item.get("TargetHealth", {}).get("State") for item in reply["TargetHealthDescriptions"]]
                return states.count("healthy")
            case Ambiguous(why):
                self._unclear = why
        return None

    def _underway(self, coming: Deployment, newest: ServiceDeployment | None) -> Underway:
        definition = describe_task_definition(self._clients.ecs, coming.task_definition)
        on_its_template = on_template(self._contract, definition.arn)
        return Underway(
            deployment_id=coming.id,
            kind="rolling back" if newest is not None and newest.status.is_rollback else "rolling out",
            version=None if on_its_template else version_of(definition, self._contract.container),
            running=coming.running,
            desired=coming.desired,
        )


def template_drift(definition: TaskDefinition, contract: ServiceContract) -> TemplateDrift | None:
    """The running revision's template and the contract's; None if they are the same."""
    running = definition.tags.get(TEMPLATE_TAG)
    if running == contract.template:
        return None
    return TemplateDrift(running=name_of(running) if running else None, target=name_of(contract.template))


def _serving_and_coming(state: ServiceState, newest: ServiceDeployment | None) -> tuple[Deployment | None, Deployment | None]:
    """The deployment that serves, and the one in progress, if any.

    During a rollout the previous deployment serves; during a rollback the PRIMARY one already is the previous version.
    """
    primary = state.primary
    if primary is None or not primary.in_progress:
        return primary, None
    previous = next((item for item in state.deployments if item.id != primary.id and item.running > 0), None)
    rolling_back = newest is not None and newest.status.is_rollback
    return (primary if rolling_back or previous is None else previous), primary
