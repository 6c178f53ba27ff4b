"""Reads ECS's own records of a service's rollouts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from appdeploy.ecs_state import DeploymentStatus, ServiceDeployment

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_PAGE = 100


def service_deployments(
    ecs: ECSClient, cluster: str, service: str, statuses: Sequence[DeploymentStatus] = ()
) -> Iterator[ServiceDeployment]:
    """The records of 90 days, or those with these statuses; a call for each hundred, made when it is asked for.

    No document says in which order they come, so whoever looks for the newest has to look at all.
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
