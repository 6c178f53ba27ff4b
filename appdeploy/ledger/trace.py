"""What ECS knows of a release whose entry does not say how far it came: the revision, and the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.begun import Known, recorded_since
from appdeploy.contract import ServiceContract
from appdeploy.ecs_state import ServiceState
from appdeploy.ledger.entry import Entry
from appdeploy.task_definition import RELEASE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.aws import Clients

_REVISIONS_SEARCHED = 10
"""Newest revisions of a family among which ours is looked for: only releases register there, one at a time."""


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
    known = Known(frozenset(service.known), service.known_at)
    cluster = contract.service.rsplit("/", 2)[-2]
    return Trace(revision, recorded_since(clients.ecs, cluster, contract.service, revision, known), untouched)


def _registered(ecs: ECSClient, family: str, release_id: str) -> str | None:
    """The revision that carries the release's tag."""
    reply = ecs.list_task_definitions(familyPrefix=family, sort="DESC", maxResults=_REVISIONS_SEARCHED)
    for arn in reply["taskDefinitionArns"]:
        tags = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
        if {"key": RELEASE_TAG, "value": release_id} in tags:
            return arn
    return None
