"""Finds in ECS what an entry does not record about a release: its revision and its deployments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.own_writes import recorded_since, registered_by
from appdeploy.ledger.replaced import deployments_of_others
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.ledger_entry import Entry, StepKind
from appdeploy.model.outcome import Outcome

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class FoundProgress:
    """Progress of a release of one service."""

    task_definition: str | None
    """The revision that it registered, or rolls back to; None if there is none."""
    deployment_id: str | None
    """The deployment that it started; None if it started none."""
    revert_deployment_id: str | None
    """The deployment that reverted the live service to its previous version; None if there is none."""
    no_newer_deployment: bool
    """Whether no other deployment was started since the release was planned."""


def find_progress(
    clients: Clients,
    entry: Entry,
    name: str,
    contract: ServiceContract,
    state: ServiceState,
    recent: Callable[[], Sequence[Entry]],
) -> FoundProgress:
    """Find the progress of an entry's service, in one call if the entry records it, else in five. `recent` reads the newest
    entries."""
    service = entry.services[name]
    primary = state.primary
    no_newer = primary is not None and primary.id in service.deployments_before
    revision = service.target.task_definition or registered_by(clients.ecs, contract.family, entry.id)
    if service.deployment_id or revision is None:
        return FoundProgress(revision, service.deployment_id, _find_revert(clients, entry, name, contract), no_newer)
    if service.outcome == Outcome.SKIPPED.value:  # Nothing was sent: a later deployment of the same revision is not ours.
        return FoundProgress(revision, None, None, no_newer)
    if service.update_sent is False:  # A later deployment of the same revision is not this release's.
        return FoundProgress(revision, None, None, no_newer)
    known = DeploymentSnapshot(frozenset(service.deployments_before), service.moment_listed)
    cluster = contract.service.rsplit("/", 2)[-2]
    # A rollback and a restart run a revision that another release may have been pointed at since.
    others = deployments_of_others(recent(), entry, name)
    deployment = recorded_since(clients.ecs, cluster, contract.service, revision, known, others)
    return FoundProgress(revision, deployment, None, no_newer)


def _find_revert(clients: Clients, entry: Entry, name: str, contract: ServiceContract) -> str | None:
    """Any deployment of the previous version after ours: no matter who started it, the service is being reverted."""
    service = entry.services[name]
    previous, own_deployment = service.previous.task_definition, service.deployment_id
    if service.revert_deployment_id or previous is None or own_deployment is None or not entry.last_step(StepKind.REVERT, name):
        return service.revert_deployment_id
    cluster = contract.service.rsplit("/", 2)[-2]
    return recorded_since(
        clients.ecs,
        cluster,
        contract.service,
        previous,
        DeploymentSnapshot(frozenset({own_deployment}), service.moment_listed),
    )
