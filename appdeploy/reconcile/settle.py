"""Settles open ledger entries with what ECS reports. Every command that reads the ledger does this; there is no worker."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_services, describe_task_definition
from appdeploy.aws.errors import AwsError
from appdeploy.ledger.replaced import ENTRIES_COMPARED, replacer
from appdeploy.ledger.store import Ledger
from appdeploy.ledger.writer import with_result
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceName, ServiceState
from appdeploy.model.ledger_entry import UNKNOWN, Entry
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.rollout import Rollout
from appdeploy.model.task_definition import name_of
from appdeploy.model.words import resume_command
from appdeploy.notify.settled import notify_settled
from appdeploy.reconcile.entry_state import EntryState
from appdeploy.reconcile.progress import FoundProgress, find_progress
from appdeploy.reconcile.rebuild_plan import rebuild_plan
from appdeploy.scaling.settle import settle_count
from appdeploy.watch.judge import Decide, Done, Policy, judge, replaced_by
from appdeploy.watch.observer import Observer
from appdeploy.watch.revert import outcome_of_revert, revert_rollout
from appdeploy.watch.serving import what_serves

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract

ECS_REMEMBERS = timedelta(days=90)
"""docs.aws.amazon.com/AmazonECS/latest/developerguide/view-service-deployment.html"""

_SUCCEEDED = (Outcome.LIVE.value, Outcome.UNCHANGED.value)
_OBSERVE_ONLY = Policy(until_complete=True, patient=True)


def settle_entries(clients: Clients, contract: EnvironmentContract, open_entries: Sequence[Entry]) -> list[EntryState]:
    """Settle open entries, and write those that changed. In the order given.

    Without permission to write, the ledger keeps the open entry and only the returned value is settled. Errors of the
    SDK are raised for failed reads.
    """
    ledger = Ledger(clients.dynamodb, contract.platform.releases_table)
    holder = DynamoLockStore(clients.dynamodb, contract.platform.releases_table).read().holder
    states = describe_services(clients.ecs, contract.platform.cluster, [service.service for service in contract.services])
    written: list[Entry] = []
    readings = [
        _read(clients, contract, ledger, entry, states, written, running=holder is not None and holder.release == entry.id)
        for entry in open_entries
    ]
    notify_settled(clients.once.events, contract.platform.event_bus, written)
    return readings


def _read(
    clients: Clients,
    contract: EnvironmentContract,
    ledger: Ledger,
    entry: Entry,
    states: dict[str, ServiceState],
    done: list[Entry],
    *,
    running: bool,
) -> EntryState:
    """The settled entry. If it was written and is final, it is added to `done`."""
    settled = _with_replacers(entry, _settle(clients, contract, ledger, entry, states), ledger, states)
    if settled == entry:
        return EntryState(entry, running)
    written = settled.model_copy(update={"version": entry.version + 1})
    # The running command writes its own entry.
    if not running:
        with contextlib.suppress(*AwsError):  # This caller may lack the permission.
            if ledger.write_if_not_running(written) and written.settled:
                done.append(written)
    return EntryState(written, running)


def _settle(
    clients: Clients, contract: EnvironmentContract, ledger: Ledger, entry: Entry, states: dict[str, ServiceState]
) -> Entry:
    contracts = {service.name: service for service in contract.services}
    settled = entry
    for name, service in entry.services.items():
        known, state = contracts.get(name), states.get(service.service)
        if service.settled:
            continue
        if known is None or state is None or not state.active:
            settled = _service_missing(settled, name)
        elif service.count is not None:
            result = settle_count(entry, name, state)
            settled = with_result(settled, result) if result else settled
        else:
            settled = settle_service(clients, settled, name, known, state, partial(ledger.newest, ENTRIES_COMPARED))
    return _keep_live_services_open(entry, settled, states) if entry.atomic else settled


def _with_replacers(before: Entry, settled: Entry, ledger: Ledger, states: dict[str, ServiceState]) -> Entry:
    """With the releases that replaced it: ECS names only what is PRIMARY now, which may be a later one. One call, or none."""
    superseded = [
        name
        for name, service in settled.services.items()
        if service != before.services[name] and service.outcome == Outcome.SUPERSEDED.value and service.deployment_id
    ]
    recent = ledger.newest(ENTRIES_COMPARED) if superseded else []
    for name in superseded:
        found, service = replacer(recent, settled, name), settled.services[name]
        if found is None:
            continue
        cause = service.cause
        if cause == replaced_by(states[service.service].primary):
            target = found.services[name].target.task_definition
            cause = f"{found.id}{f' to {name_of(target)}' if target else ''} replaced it"
        settled = settled.with_service(name, superseded_by=found.id, cause=cause)
    return settled


def _keep_live_services_open(before: Entry, settled: Entry, states: dict[str, ServiceState]) -> Entry:
    """Keep live services of an atomic release open until all are live: `resume` may have to revert them.

    Services with a newer deployment are settled: they are not changed any more.
    """
    if all(service.outcome in _SUCCEEDED for service in settled.services.values()):
        return settled
    for name, service in settled.services.items():
        previous, state = before.services[name], states.get(service.service)
        ours = state is not None and state.primary is not None and state.primary.id == service.deployment_id
        if ours and service.settled and not previous.settled and service.outcome in _SUCCEEDED:
            settled = settled.with_service(name, **dict(previous) | {"deployment_id": service.deployment_id})
    return settled


def settle_service(
    clients: Clients,
    entry: Entry,
    name: str,
    contract: ServiceContract,
    state: ServiceState,
    recent: Callable[[], Sequence[Entry]],
) -> Entry:
    """The entry with what ECS reports now for one service. Nothing is changed in AWS. `recent` reads the newest entries."""
    progress = find_progress(clients, entry, name, contract, state, recent)
    if progress.deployment_id is None:
        return entry if progress.no_newer_deployment else with_result(entry, never_sent(name, state))
    rollout = _rollout(clients, entry, name, contract, progress)
    resumed = rollout.plan.resumed
    done = Done(resumed.stopped_because, resumed.at_zero) if resumed else Done()
    if progress.revert_deployment_id:
        entry = entry.with_service(name, revert_deployment_id=progress.revert_deployment_id)
        rollout, done = revert_rollout(rollout, progress.revert_deployment_id), Done()
    seen = Observer(clients, rollout).observe(state)
    match judge(rollout, seen, _OBSERVE_ONLY, done):
        case Decide(outcome, cause):
            recorded = entry.services[name]
            serving = what_serves(rollout, outcome, seen, stopped=done.stopped_because is not None)
            result = ServiceResult(name, outcome, serving, cause, seconds=recorded.seconds or 0.0)
            if progress.revert_deployment_id:
                result = outcome_of_revert(result, resumed.revert_because or "" if resumed else "")
            same_outcome = recorded.outcome == result.outcome.value
            known = recorded.cause if same_outcome and recorded.cause else result.cause
            return _open_while_settings_pending(with_result(entry, replace(result, cause=known)), name)
        case _ if seen.record is None and datetime.now(UTC) - entry.started > ECS_REMEMBERS:
            return _forgotten(entry, name)
        case _:
            return entry.with_service(name, deployment_id=progress.deployment_id)


def _open_while_settings_pending(entry: Entry, name: str) -> Entry:
    """A failed restart stays open until its previous settings are restored: readers change nothing, `resume` does."""
    if not entry.settings_pending(name):
        return entry
    keys = ", ".join(change.key for change in entry.services[name].settings)
    resume = f"`{resume_command(entry.environment, entry.id)}`"
    return entry.with_service(name, settled=False, cause=f"the previous {keys} is not restored yet: run {resume}")


def never_sent(name: str, state: ServiceState) -> ServiceResult:
    """The result of a service that the release did not update, and that has a newer deployment."""
    primary = state.primary.id if state.primary else "another deployment"
    return ServiceResult(
        name, Outcome.SUPERSEDED, "another deployment", f"its update was not sent, and {primary} was started since"
    )


def _rollout(clients: Clients, entry: Entry, name: str, contract: ServiceContract, progress: FoundProgress) -> Rollout:
    assert progress.task_definition is not None
    assert progress.deployment_id is not None
    base = describe_task_definition(clients.ecs, entry.services[name].base or progress.task_definition)
    plan = rebuild_plan(entry, name, contract, base, progress)
    cluster = contract.service.rsplit("/", 2)[-2]
    return Rollout(plan, ServiceName(cluster, contract.service), progress.task_definition, progress.deployment_id)


def _service_missing(entry: Entry, name: str) -> Entry:
    was_live = entry.services[name].outcome in _SUCCEEDED
    # Not `live`: another deployment may have superseded it before, and ECS's records are gone with the service.
    cause = "it was live when its command ended; the service was removed since" if was_live else "the service was deleted"
    return entry.with_service(name, outcome=UNKNOWN, cause=cause, settled=True)


def _forgotten(entry: Entry, name: str) -> Entry:
    cause = f"ECS has no record of it after {ECS_REMEMBERS.days} days"
    return entry.with_service(name, outcome=UNKNOWN, cause=cause, settled=True)
