"""What ECS knows of a release whose entry does not say how far it came: the revision, and the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from appdeploy.contract import ServiceContract
from appdeploy.deployments import service_deployments
from appdeploy.ecs_state import ServiceState
from appdeploy.ledger.entry import Entry, ServiceEntry
from appdeploy.task_definition import RELEASE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.aws import Clients

_REVISIONS_SEARCHED = 10
"""Newest revisions of a family among which ours is looked for: only releases register there, one at a time."""
_REVISIONS_DESCRIBED = 20
"""Service revisions in one DescribeServiceRevisions (API reference of ECS)."""


@dataclass(frozen=True)
class Trace:
    """How far a release of one service came."""

    task_definition: str | None
    """The revision that it registered, or that it returns to; None when there is none."""
    deployment_id: str | None
    """The deployment that it started; None when it started none."""
    untouched: bool
    """Whether nobody has started another deployment since the release was planned."""


def find_trace(clients: Clients, entry: Entry, name: str, contract: ServiceContract, state: ServiceState) -> Trace:
    """Look for the traces of an entry's service. One call where the entry knows them, four else."""
    service = entry.services[name]
    primary = state.primary
    untouched = primary is not None and primary.id in service.known
    revision = service.wanted.task_definition or _registered(clients.ecs, contract.family, entry.id)
    if service.deployment_id or revision is None:
        return Trace(revision, service.deployment_id, untouched)
    return Trace(revision, _started(clients.ecs, contract, service, revision), untouched)


def _registered(ecs: ECSClient, family: str, release_id: str) -> str | None:
    """The revision that carries the release's tag."""
    reply = ecs.list_task_definitions(familyPrefix=family, sort="DESC", maxResults=_REVISIONS_SEARCHED)
    for arn in reply["taskDefinitionArns"]:
        tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
        if {"key": RELEASE_TAG, "value": release_id} in tags:
            return arn
    return None


def _started(ecs: ECSClient, contract: ServiceContract, service: ServiceEntry, revision: str) -> str | None:
    """The first deployment of that revision after those that were known when the release was planned.

    The order is ECS's own: no clock of ours is compared with it.
    """
    listed = service_deployments(ecs, contract.service.rsplit("/", 2)[-2], contract.service)
    records = sorted(listed, key=lambda record: record.created, reverse=True)
    later = list(takewhile(lambda record: not any(record.rolls_out(known) for known in service.known), records))
    found = None
    for start in range(0, len(later), _REVISIONS_DESCRIBED):
        arns = [record.revision for record in later[start : start + _REVISIONS_DESCRIBED]]
        reply = ecs.describe_service_revisions(serviceRevisionArns=arns)
        ours = {item["serviceRevisionArn"] for item in reply["serviceRevisions"] if item["taskDefinition"] == revision}
        found = next((arn for arn in reversed(arns) if arn in ours), found)
    return deployment_of(found) if found else None


def deployment_of(service_revision: str) -> str:
    """The id under which DescribeServices lists the deployment of a service revision (see ServiceDeployment.rolls_out)."""
    return f"ecs-svc/{service_revision.rsplit('/', 1)[-1]}"
