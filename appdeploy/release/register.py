"""Registers the new revisions of a plan. No service uses them yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.model.errors import OutOfReach
from appdeploy.model.events import Emit, Registered
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan
from appdeploy.model.rollout import unchanged_serving
from appdeploy.model.task_definition import (
    FENCE_TAG,
    RELEASE_TAG,
    RESTORES_TAG,
    TEMPLATE_TAG,
    VERSION_TAG,
    NewRevision,
    new_revision,
)

if TYPE_CHECKING:
    from appdeploy.ledger.writer import LedgerWriter


@dataclass(frozen=True)
class Registration:
    """What the services are to run."""

    revisions: Mapping[str, str]
    """Task definitions by service; none when AWS refused one."""
    results: tuple[ServiceResult, ...]
    """Of all services, when AWS refused the revision of one; else none."""


def register(plan: ReleasePlan, writer: EcsWriter, registrable: frozenset[str], book: LedgerWriter, emit: Emit) -> Registration:
    """Register the revisions of a plan that are not registered yet, in parallel.

    All of them before any service is touched: if AWS refuses one, no service has changed. Raises OutOfReach when it is
    not known whether they are registered, and LockLost when nothing may be sent any more.
    """
    registered = map_parallel(lambda service: _revision(plan, service, writer, registrable), plan.changed)
    refused = {service.contract.name: answer for service, answer in registered if isinstance(answer, WriteRefused)}
    if refused:
        return Registration({}, tuple(_not_sent(service, refused) for service in plan.changed))
    revisions = [(service, answer) for service, answer in registered if isinstance(answer, str)]
    for service, arn in revisions:
        if service.registers:
            book.registered(service.contract.name, arn)
            if not (service.resumed and service.resumed.task_definition):
                emit(Registered(service.contract.name, arn))
    return Registration({service.contract.name: arn for service, arn in revisions}, ())


def revision_for(plan: ReleasePlan, service: ServicePlan, registrable: frozenset[str]) -> NewRevision:
    """The revision that a release registers for one service, tagged so that it can be found again."""
    tags = {RELEASE_TAG: plan.release_id, VERSION_TAG: service.version}
    if plan.fence is not None:
        tags[FENCE_TAG] = str(plan.fence)
    if service.registers_again:
        tags[RESTORES_TAG] = service.base.tags.get(RESTORES_TAG, service.base.arn)
    if service.template is not None:
        tags[TEMPLATE_TAG] = service.template
    return new_revision(
        service.base,
        family=service.contract.family,
        container=service.contract.container,
        image=service.image,
        tags=tags,
        registrable=registrable,
    )


def _revision(
    plan: ReleasePlan, service: ServicePlan, writer: EcsWriter, registrable: frozenset[str]
) -> tuple[ServicePlan, str | WriteRefused]:
    """The task definition that the service is to run: a new one, or for a restart or a return one that exists."""
    if service.resumed and service.resumed.task_definition:
        return service, service.resumed.task_definition
    if not service.registers:
        return service, service.base.arn
    try:
        return service, writer.register(revision_for(plan, service, registrable), plan.release_id)
    except WriteRefused as error:
        return service, error
    except OutOfReach as error:
        raise OutOfReach(f"{service.contract.name}: registering its task definition: {error}; no service was changed") from None


def _not_sent(service: ServicePlan, refused: dict[str, WriteRefused]) -> ServiceResult:
    name = service.contract.name
    own = refused.get(name)
    cause = f"RegisterTaskDefinition was refused: {own}" if own else f"not sent, because of {', '.join(refused)}"
    return ServiceResult(name, Outcome.REFUSED, unchanged_serving(service), cause)
