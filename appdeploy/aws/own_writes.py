"""Finds the result of our own write: a revision by its release tag, and a deployment in ECS's lists and records."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from appdeploy.aws.deployments import deployed_definitions, newest_deployments
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.task_definition import RELEASE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_REVISIONS_SEARCHED = 10
"""Newest revisions of a family that are searched for ours: others may register there too while we wait for an answer."""


class Begun(NamedTuple):
    """The deployment that our update began."""

    id: str
    older: frozenset[str] = frozenset()
    """Ids of those that ECS listed beside it as it began. Some may be newer than what was read before the update."""


def begun_in(state: ServiceState, task_definition: str, known: DeploymentSnapshot) -> Begun | None:
    """Our deployment in the answer to our own UpdateService; None while it lags behind."""
    found = listed_since(state, task_definition, known)
    if found is None:
        return None
    # Where another one is PRIMARY already, that one may have replaced ours.
    first = state.primary is not None and state.primary.id == found
    return Begun(found, frozenset(item.id for item in state.deployments if item.id != found) if first else frozenset())


def listed_since(state: ServiceState, task_definition: str, known: DeploymentSnapshot) -> str | None:
    """The id of a listed deployment of that task definition that is not in `known`."""
    # Not only PRIMARY: a newer deployment may have replaced ours, and sending again would revert the newer one.
    deployments = (item for item in state.deployments if item.task_definition == task_definition)
    return next((item.id for item in deployments if item.id not in known.deployments), None)


def recorded_since(
    ecs: ECSClient,
    cluster: str,
    service: str,
    task_definition: str,
    known: DeploymentSnapshot,
    not_ours: Collection[str] = (),
) -> str | None:
    """The id of the first deployment of that task definition after those in `known`, even if it has ended, that is not among
    `not_ours`.

    A deployment that ECS rolled back is not listed any more, only its record exists. Errors of the SDK are raised. Two calls,
    and one more per 20 later deployments.
    """
    newer = takewhile(lambda record: not known.names(record), newest_deployments(ecs, cluster, service))
    later = [record.revision for record in newer if known.precedes(record) and deployment_of(record.revision) not in not_ours]
    deployed = deployed_definitions(ecs, later)
    found = next((arn for arn in reversed(later) if deployed.get(arn) == task_definition), None)
    return deployment_of(found) if found else None


def registered_by(ecs: ECSClient, family: str, release_id: str) -> str | None:
    """The revision with the release's tag. Errors of the SDK are raised. Usually two calls, at most eleven."""
    reply = ecs.list_task_definitions(familyPrefix=family, sort="DESC", maxResults=_REVISIONS_SEARCHED)
    for arn in reply["taskDefinitionArns"]:
        tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
        if {"key": RELEASE_TAG, "value": release_id} in tags:
            return arn
    return None


def deployment_of(service_revision: str) -> str:
    """The id under which DescribeServices lists the deployment of a service revision (see ServiceDeployment.rolls_out)."""
    return f"ecs-svc/{service_revision.rsplit('/', 1)[-1]}"
