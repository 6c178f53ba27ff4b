"""Finds what a write has begun: a revision by its release's tag, and a deployment among those that ECS lists and records."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from appdeploy.aws.deployments import deployed_definitions, newest_deployments
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.task_definition import RELEASE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

_REVISIONS_SEARCHED = 10
"""Newest revisions of a family among which ours is looked for: others register there too, while an answer is waited for."""


def listed_since(state: ServiceState, task_definition: str, known: DeploymentSnapshot) -> str | None:
    """The id of the deployment of that task definition that was not known before, as long as ECS lists it."""
    # Not PRIMARY alone: a rival may have replaced our deployment since, and then sending again would undo the rival.
    deployments = (item for item in state.deployments if item.task_definition == task_definition)
    return next((item.id for item in deployments if item.id not in known.deployments), None)


def recorded_since(ecs: ECSClient, cluster: str, service: str, task_definition: str, known: DeploymentSnapshot) -> str | None:
    """The id of the first deployment of that task definition after those that were known, also of one that has ended.

    A deployment that ECS has taken back is listed no longer: only its record tells that it was there. Errors of the SDK
    are raised. Two calls, and one more for each 20 later deployments.
    """
    newer = takewhile(lambda record: not known.names(record), newest_deployments(ecs, cluster, service))
    later = [record.revision for record in newer if known.precedes(record)]
    deployed = deployed_definitions(ecs, later)
    found = next((arn for arn in reversed(later) if deployed.get(arn) == task_definition), None)
    return deployment_of(found) if found else None


def registered_by(ecs: ECSClient, family: str, release_id: str) -> str | None:
    """The revision that carries the release's tag. Errors of the SDK are raised. Two calls as a rule, eleven at most."""
    reply = ecs.list_task_definitions(familyPrefix=family, sort="DESC", maxResults=_REVISIONS_SEARCHED)
    for arn in reply["taskDefinitionArns"]:
        tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
        if {"key": RELEASE_TAG, "value": release_id} in tags:
            return arn
    return None


def deployment_of(service_revision: str) -> str:
    """The id under which DescribeServices lists the deployment of a service revision (see ServiceDeployment.rolls_out)."""
    return f"ecs-svc/{service_revision.rsplit('/', 1)[-1]}"
