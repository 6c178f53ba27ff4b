"""Records deployments that are not in the ledger: a rollback without the table, `pulumi up`, a manual call."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition, on_template
from appdeploy.aws.deployments import REVISIONS_AT_ONCE, deployed_definitions, newest_deployments
from appdeploy.aws.errors import AwsError
from appdeploy.aws.own_writes import deployment_of
from appdeploy.aws.parallel import map_parallel
from appdeploy.ledger.replaced import ENTRIES_COMPARED, FOUND
from appdeploy.ledger.store import Ledger
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment
from appdeploy.model.ledger_entry import Entry, ServiceEntry, StepKind, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import version_of
from appdeploy.model.release_id import ReleaseId, new_release_id
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract

_WHO = "found in ECS"


def record_external(clients: Clients, contract: EnvironmentContract) -> list[Entry]:
    """Write an entry for each deployment that is newer than the newest one in the ledger. Returns the entries written.

    Nothing is added while a release is running or interrupted, or when its entry cannot be read, because the deployment
    may be its own; nor without permission to write.
    """
    ledger = Ledger(clients.dynamodb, contract.platform.releases_table)
    recent = ledger.newest(ENTRIES_COMPARED)
    if ledger.unreadable or any(_may_have_unrecorded_deployment(entry) for entry in recent):
        return []
    found = map_parallel(lambda service: _unrecorded(clients, contract, service, recent), contract.services)
    written: list[Entry] = []
    with contextlib.suppress(*AwsError):
        written = [entry for entries in found for entry in entries if ledger.write_if_not_running(entry)]
    return written


def _may_have_unrecorded_deployment(entry: Entry) -> bool:
    return any(
        not service.settled
        and (service.deployment_id is None or (entry.last_step(StepKind.REVERT, name) and service.revert_deployment_id is None))
        for name, service in entry.services.items()
    )


def _unrecorded(
    clients: Clients, contract: EnvironmentContract, service: ServiceContract, recent: Sequence[Entry]
) -> list[Entry]:
    recorded = [entry.services[service.name] for entry in recent if service.name in entry.services]
    known = {deployment for each in recorded for deployment in (each.deployment_id, each.revert_deployment_id)} - {None}
    records = newest_deployments(clients.ecs, contract.platform.cluster, service.service)
    later = list(takewhile(lambda record: deployment_of(record.revision) not in known, records))[:REVISIONS_AT_ONCE]
    definitions = deployed_definitions(clients.ecs, (record.revision for record in later))
    # The template has no image: its deployment is the service's creation, or the rollback of a failed first release.
    released = [item for item in later if item.revision in definitions and not on_template(service, definitions[item.revision])]
    return [
        _entry(contract, service, record, describe_task_definition(clients.ecs, definitions[record.revision]))
        for record in released
    ]


def _entry(
    contract: EnvironmentContract, service: ServiceContract, record: ServiceDeployment, definition: TaskDefinition
) -> Entry:
    has_container = service.container in definition.containers
    target = VersionRef(
        task_definition=definition.arn,
        version=version_of(definition, service.container) if has_container else None,
        digest=definition.image_of(service.container).digest if has_container else None,
        template=definition.tags.get(TEMPLATE_TAG),
    )
    outcome = _OUTCOMES.get(record.status)
    return Entry(
        id=_id(record),
        kind=FOUND,
        environment=contract.platform.environment,
        purpose=f"{service.name} on {name_of(definition.arn)}",
        who=_WHO,
        started=record.created,
        services={
            service.name: ServiceEntry(
                service=service.service,
                change=FOUND,
                previous=VersionRef(),
                target=target,
                base=definition.arn,
                deployment_id=deployment_of(record.revision),
                outcome=outcome.value if outcome else None,
                cause=" ".join(record.reason.split()) or None,
                settled=outcome is not None,
            )
        },
    )


_OUTCOMES = {
    DeploymentStatus.SUCCESSFUL: Outcome.LIVE,
    DeploymentStatus.ROLLBACK_SUCCESSFUL: Outcome.ROLLED_BACK_BY_ECS,
    DeploymentStatus.ROLLBACK_FAILED: Outcome.FAILED,
    DeploymentStatus.STOPPED: Outcome.SUPERSEDED,
}


def _id(record: ServiceDeployment) -> ReleaseId:
    """Derived from the record, so that two readers add it only once."""
    return new_release_id(FOUND, record.created, hashlib.sha256(record.arn.encode()).hexdigest()[:6])
