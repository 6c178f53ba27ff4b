"""Reads ECS's records (service deployments) of a service's rollouts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from appdeploy.aws.parallel import map_parallel
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_PAGE = 100
REVISIONS_AT_ONCE = 20
"""Service revisions in one DescribeServiceRevisions (API reference of ECS)."""


def service_deployments(
    ecs: ECSClient, cluster: str, service: str, statuses: Sequence[DeploymentStatus] = ()
) -> Iterator[ServiceDeployment]:
    """The records of 90 days, or those with these statuses; one call per hundred, made on demand.

    Their order is not documented, so finding the newest needs all of them.
    """
    request: dict[str, Any] = {"cluster": cluster, "service": service, "maxResults": _PAGE}
    if statuses:
        request["status"] = list(statuses)
    while True:
        reply = ecs.list_service_deployments(**request)
        yield from map(ServiceDeployment.from_brief, reply["serviceDeployments"])
        if "nextToken" not in reply:
            return
        request["nextToken"] = reply["nextToken"]


def newest_deployments(
    ecs: ECSClient, cluster: str, service: str, statuses: Sequence[DeploymentStatus] = ()
) -> list[ServiceDeployment]:
    """All records, newest first."""
    return sorted(service_deployments(ecs, cluster, service, statuses), key=lambda record: record.created, reverse=True)


def deployed_definitions(ecs: ECSClient, revisions: Iterable[str]) -> dict[str, str]:
    """The task definition of each service revision that ECS still has. One call per twenty."""
    unique = list(dict.fromkeys(revisions))

    def describe(start: int) -> dict[str, str]:
        reply = ecs.describe_service_revisions(serviceRevisionArns=unique[start : start + REVISIONS_AT_ONCE])
        return {item["serviceRevisionArn"]: item["taskDefinition"] for item in reply["serviceRevisions"]}

    return {
        revision: definition
        for found in map_parallel(describe, range(0, len(unique), REVISIONS_AT_ONCE))
        for revision, definition in found.items()
    }
