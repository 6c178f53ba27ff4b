"""What ECS knows of a release whose entry does not say how far it came: the revision, and the deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.begun import Known, recorded_since, registered_by
from appdeploy.contract import ServiceContract
from appdeploy.ecs_state import ServiceState
from appdeploy.ledger.entry import Entry

if TYPE_CHECKING:
    from appdeploy.aws import Clients


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
    revision = service.wanted.task_definition or registered_by(clients.ecs, contract.family, entry.id)
    if service.deployment_id or revision is None:
        return Trace(revision, service.deployment_id, untouched)
    known = Known(frozenset(service.known), service.known_at)
    cluster = contract.service.rsplit("/", 2)[-2]
    return Trace(revision, recorded_since(clients.ecs, cluster, contract.service, revision, known), untouched)
