"""Plans the rest of an interrupted release, from its entry and from what ECS has done already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import EnvironmentContract, read_contract
from appdeploy.aws.current_state import describe_services, describe_task_definition
from appdeploy.aws.errors import refusing
from appdeploy.ledger.replaced import ENTRIES_COMPARED
from appdeploy.ledger.store import Ledger
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.errors import Delegated, Refused
from appdeploy.model.ledger_entry import Entry, LedgerError, ServiceEntry, StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import NoChange, ReleasePlan, ServicePlan
from appdeploy.model.release_id import ReleaseId
from appdeploy.reconcile.list import find_entry
from appdeploy.reconcile.progress import find_progress
from appdeploy.reconcile.rebuild_plan import previous_of_entry, rebuild_plan
from appdeploy.reconcile.settle import never_sent

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class Request:
    """What the user requested."""

    environment: str
    release: str | None
    """A release id; None for the interrupted one."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC), compare=False)
    """When the command began: what the entry has from then on is its own, if it plans again after a wait for the lock."""


class ResumesScale(Delegated):
    """The entry is a change of a task count, which is resumed by repeating it (appdeploy.scaling.resume)."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(f"{entry.id} starts no deployment")
        self.entry = entry


def prepare_resume(request: Request, clients: Clients) -> ReleasePlan:
    """Read and decide; nothing is changed. Raises Refused, and ResumesScale for a change of a count."""
    contract = read_contract(clients, request.environment)
    with refusing("the release could not be read"):
        try:
            entry = _find(clients, contract, request.release)
        except LedgerError as error:
            raise Refused(f"the ledger of {request.environment} cannot be read: {error}") from None
        if any(service.count is not None for service in entry.services.values()):
            raise ResumesScale(entry)
        states = describe_services(
            clients.ecs, contract.platform.cluster, [service.service for service in entry.services.values()]
        )
        recent = partial(Ledger(clients.dynamodb, contract.platform.releases_table).newest, ENTRIES_COMPARED)
        services = tuple(_service(clients, contract, entry, name, states, recent) for name in entry.services)
    caller = contract.caller.arn if contract.caller else None
    return ReleasePlan(
        release_id=ReleaseId(entry.id),
        environment=entry.environment,
        cluster=contract.platform.cluster,
        purpose=f"{entry.purpose}, resumed",
        services=services,
        reason=entry.reason,
        change_ticket=entry.change_ticket,
        incident=entry.incident,
        caller=caller,
        releases_table=contract.platform.releases_table,
        event_bus=contract.platform.event_bus,
        atomic=entry.atomic,
        entry=_reopened(entry, services, caller, request.began),
    )


def _find(clients: Clients, contract: EnvironmentContract, release: str | None) -> Entry:
    environment = contract.platform.environment
    ledger = Ledger(clients.dynamodb, contract.platform.releases_table)
    if release is not None:
        return find_entry(ledger, environment, release)
    interrupted = _interrupted(clients, contract, ledger)
    if not interrupted:
        raise Refused(f"nothing to resume in {environment}: no release is open")
    if len(interrupted) > 1:
        ids = ", ".join(entry.id for entry in interrupted)
        raise Refused(f"several releases of {environment} are open: give one of {ids}")
    return interrupted[0]


def _interrupted(clients: Clients, contract: EnvironmentContract, ledger: Ledger) -> list[Entry]:
    """The open releases without an outcome, else those that ECS has not finished.

    The index of open entries may lag behind; the lock holder is read consistently.
    """
    entries = {entry.id: entry for entry in ledger.open()}
    holder = DynamoLockStore(clients.dynamodb, contract.platform.releases_table).read().holder
    held = ledger.get(holder.release) if holder and holder.release not in entries else None
    found = [*([held] if held else []), *entries.values()]
    return [entry for entry in found if entry.outcome is None] or found


def _service(
    clients: Clients,
    contract: EnvironmentContract,
    entry: Entry,
    name: str,
    states: Mapping[str, ServiceState],
    recent: Callable[[], Sequence[Entry]],
) -> ServicePlan | NoChange:
    service = entry.services[name]
    service_contract = next((item for item in contract.services if item.name == name), None)
    if service_contract is None:
        raise Refused(f"{name}: it is no longer in the contract of {entry.environment}")
    if service.settled:
        return _no_change(service_contract, service)
    state = states.get(service.service)
    if state is None or not state.active:
        raise Refused(f"{name}: the service was deleted")
    return _remaining_work(clients, entry, name, service_contract, state, recent)


def _remaining_work(
    clients: Clients,
    entry: Entry,
    name: str,
    contract: ServiceContract,
    state: ServiceState,
    recent: Callable[[], Sequence[Entry]],
) -> ServicePlan | NoChange:
    service = entry.services[name]
    progress = find_progress(clients, entry, name, contract, state, recent)
    if progress.deployment_id is None and not progress.no_newer_deployment:
        result = never_sent(name, state)
        return NoChange(contract, previous_of_entry(service), result.cause or "", result.outcome)
    base = service.base or progress.task_definition
    if base is None:
        raise Refused(f"{name}: its ledger entry names no task definition to run")
    return rebuild_plan(entry, name, contract, describe_task_definition(clients.ecs, base), progress)


def _no_change(contract: ServiceContract, service: ServiceEntry) -> NoChange:
    outcomes = {outcome.value: outcome for outcome in Outcome}
    reason = service.cause or service.serving or "it is settled"
    return NoChange(contract, previous_of_entry(service), reason, outcomes.get(service.outcome or "", Outcome.FAILED))


def _reopened(entry: Entry, services: tuple[ServicePlan | NoChange, ...], caller: str | None, began: datetime) -> Entry:
    """The entry with the steps that are about to start; unfinished steps are marked as interrupted."""
    entry = _without_own_steps(entry, began)
    remaining = [service for service in services if isinstance(service, ServicePlan) and _lacks_deployment(service)]
    for service in remaining:  # A skipped service is undecided again.
        entry = entry.with_service(service.contract.name, outcome=None, cause=None)
    again = (
        entry.with_open_steps_interrupted().with_step_started(StepKind.RESUME, why=caller).with_step_finished(StepKind.RESUME)
    )
    if any(service.registers and _lacks_revision(service) for service in remaining):
        again = again.with_step_started(StepKind.REGISTER)
    elif remaining:
        again = again.with_step_started(StepKind.UPDATE)
    return again.model_copy(update={"version": entry.version + 1})


def _without_own_steps(entry: Entry, began: datetime) -> Entry:
    """The entry without what this command wrote with the lock: nothing of it was done yet."""
    is_own = (step.kind is StepKind.RESUME and step.started >= began for step in entry.steps)
    first = next((place for place, own in enumerate(is_own) if own), len(entry.steps))
    return entry.model_copy(update={"steps": entry.steps[:first]})


def _lacks_revision(service: ServicePlan) -> bool:
    return service.resumed is None or service.resumed.task_definition is None


def _lacks_deployment(service: ServicePlan) -> bool:
    return service.resumed is None or service.resumed.deployment_id is None
