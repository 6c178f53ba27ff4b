"""Reads the status of an environment's services. Nothing is changed in AWS but settled ledger entries."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.current_state import describe_services
from appdeploy.aws.errors import AwsError, explain, unreadable
from appdeploy.aws.parallel import map_parallel
from appdeploy.ledger.store import Ledger
from appdeploy.lock.item import LockItem
from appdeploy.lock.lease import describe, is_dead, is_silent, what_to_type
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.errors import Refused
from appdeploy.reconcile.entry_state import state_text
from appdeploy.reconcile.list import read_open
from appdeploy.status.alarms import read_active_alarms
from appdeploy.status.holds import read_holds
from appdeploy.status.read_service import read_service
from appdeploy.status.report import OpenRelease, ServiceStatus, StatusReport

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract
    from appdeploy.model.contract import ServiceContract
    from appdeploy.model.ledger_entry import Entry


MAY_RUN = "not known to run: its process is silent"
"""The state of a release whose holder missed a heartbeat, and is not dead yet."""


def read_status(clients: Clients, environment: str, names: Sequence[str]) -> StatusReport:
    """The status of these services, or of all when none is named. Raises Refused when contract or services cannot be read.

    Whatever else cannot be read is named in the report, and the rest is shown.
    """
    contract = read_contract(clients, environment, unreadable, in_part=True)
    services = contract.select(names)
    platform = contract.platform
    with unreadable(f"the status of {environment} could not be read"):
        states = describe_services(clients.ecs, platform.cluster, [service.service for service in services])
    missing = [service.name for service in services if service.service not in states]
    if missing:
        raise Refused(f"{', '.join(missing)}: the service does not exist: run pulumi up for {environment} again")
    now = datetime.now(UTC)
    alarms: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(_alarms, clients, environment)
        found = map_parallel(
            lambda service: read_service(clients, platform.cluster, service, states[service.service], now), services
        )
        alarms = asked.result()
    report = StatusReport(
        environment=environment,
        account=platform.account,
        region=platform.region,
        url=platform.url,
        services=tuple(found),
        malformed=tuple(problem for name, problem in contract.malformed if not names),
        **alarms,
    )
    report = replace(report, **_scaling(clients, contract, services, report))
    return replace(report, **_ledger(clients, contract, report))


def _alarms(clients: Clients, environment: str) -> dict[str, Any]:
    """The report's part from CloudWatch; if it is unreachable, the rest is still shown."""
    try:
        return {"alarms": read_active_alarms(clients.cloudwatch, environment)}
    except AwsError as error:
        return {"alarms_problem": explain(error)}


def _scaling(
    clients: Clients, contract: EnvironmentContract, services: Sequence[ServiceContract], report: StatusReport
) -> dict[str, Any]:
    """The report's part from autoscaling; if it is unreachable, the rest is still shown."""
    if not any(service.scaling for service in services):
        return {}
    try:
        held = read_holds(clients, contract.platform.releases_table, services)
    except AwsError as error:
        return {"scaling_problem": explain(error)}
    return {"services": tuple(replace(item, hold=held.get(item.name)) for item in report.services)}


def _ledger(clients: Clients, contract: EnvironmentContract, report: StatusReport) -> dict[str, Any]:
    """The report's part from the releases table; if it is unreachable, the rest is still shown."""
    table = contract.platform.releases_table
    ledger = Ledger(clients.dynamodb, table)
    try:
        store = DynamoLockStore(clients.dynamodb, table)
        lock = store.read()
        opened = [
            replace(reading, running=reading.running and not is_dead(lock)) for reading in read_open(clients, contract, ledger)
        ]
        readings = [reading for reading in opened if reading.running or not reading.entry.settled]
        holders = [reading.entry for reading in opened if lock.holder and lock.holder.release == reading.entry.id]
        entry = next(iter(holders), None) or (store.entry_of(lock.holder) if lock.holder else None)
        services = tuple(_with_cause(service, ledger) for service in report.services)
    except AwsError as error:
        return {"ledger_problem": explain(error)}
    return {
        "services": services,
        "lock": _lock(lock, contract, entry, [service.name for service in services]),
        "open_releases": tuple(
            OpenRelease(
                id=reading.entry.id,
                state=(MAY_RUN if is_silent(lock) else "running") if reading.running else state_text(reading),
                resume=reading.resumable,
                running=reading.running,
                services=tuple(reading.entry.services),
            )
            for reading in readings
        ),
        "unreadable_releases": tuple(f"{entry.id}: {entry.problem}" for entry in ledger.unreadable),
    }


def _lock(item: LockItem, contract: EnvironmentContract, entry: Entry | None, shown: Sequence[str]) -> str | None:
    if item.holder is None and item.freeze is None:
        return None
    environment, caller = contract.platform.environment, contract.caller.arn if contract.caller else None
    waits = f"`appdeploy status -e {environment} --wait` waits for its end"
    to_type = what_to_type(item, environment, entry, waits=waits, caller=caller)
    if item.freeze is not None:
        return f"the environment is {describe(item)}: {to_type}"
    others = f"; it changes only {', '.join(entry.services)}" if entry and not set(shown) & set(entry.services) else ""
    return f"the lock is {describe(item)}{others}: {to_type}"


def _with_cause(service: ServiceStatus, ledger: Ledger) -> ServiceStatus:
    """The same with the reason that the ledger has for its failure: ECS forgets stopped tasks after an hour."""
    failed = service.last_failure
    if failed is None or failed.release is None:
        return service
    try:
        entry = ledger.get(failed.release)
    except ValueError:
        return service  # A tag that is no release's id, or an entry that cannot be read.
    recorded = entry.services.get(service.name) if entry else None
    if recorded is None:
        return service
    return replace(service, last_failure=replace(failed, cause=recorded.cause or failed.cause, outcome=recorded.outcome))
