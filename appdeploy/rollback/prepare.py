"""Decides what a rollback does, with no call that the update does not need.

At most five calls for one service, one of the ledger among them, and two more for each further service; one more for each
hundred deployments that ECS remembers, and one in a long past where the ledger does not tell when the running task definition
came. What is only shown, such as the versions, is read after the update (appdeploy.rollback.late_details). That the target is
still ACTIVE, ECS checks itself.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.clients import THREADS
from appdeploy.aws.current_state import describe_task_definition, on_template, registered_at
from appdeploy.aws.errors import refusing
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.plan import NoChange, PreviousState, ReleasePlan, ServicePlan, version_of
from appdeploy.model.release_id import ROLLBACK, new_release_id
from appdeploy.model.task_definition import TaskDefinition, family_of, name_of
from appdeploy.rollback.choose_target import list_targets
from appdeploy.rollback.deployment_history import HistoryReader, find_target, read_history
from appdeploy.rollback.late_details import plan_return
from appdeploy.rollback.locate_services import find_services
from appdeploy.settings.history import recent_entries, with_settings_of_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from appdeploy.aws.clients import Clients
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.rollback.locate_services import LocatedServices

_REGISTERING = ("release", "first-release")
"""Changes of the ledger that brought a revision of their own."""


@dataclass(frozen=True)
class Request:
    """What a person asked for."""

    environment: str
    services: tuple[str, ...]
    """Names; empty for all."""
    to: str | None = None
    """A task definition (`family:revision` or ARN) or a version; None for the way back."""
    with_settings: bool = True
    """Whether settings return too to what the ledger says was in force then."""


class _CannotRollBack(Exception):
    """Why one service cannot be rolled back."""


@dataclass(frozen=True)
class _Context:
    """What the looking at each service needs."""

    clients: Clients
    where: LocatedServices
    to: str | None
    entries: Callable[[], Sequence[Entry]]
    """The newest of the ledger, as soon as they are there; none without it."""


def prepare_rollback(request: Request, clients: Clients) -> ReleasePlan:
    """Read and decide; nothing is changed. Raises Refused."""
    with refusing("the way back could not be read"), ThreadPoolExecutor(THREADS) as pool:
        where = find_services(clients, request.environment, request.services)
        services = _selected(where, request)
        # Without SSM no setting can be written, so that nobody needs to know which were in force.
        known = request.with_settings and where.by_name is None
        ledger = pool.submit(recent_entries, clients, where.releases_table) if known else None
        look = _Context(clients, where, request.to, ledger.result if ledger else tuple)
        tries = [pool.submit(_plan_service, look, *service) for service in services]
        planned = [attempt.result() for attempt in tries]
        entries = look.entries()
    problems = [str(plan) for plan in planned if isinstance(plan, _CannotRollBack)]
    if problems:
        others = "; name the other services with --service to roll them back alone" if len(services) > 1 else ""
        raise Refused(*(f"{problem}{others}" for problem in problems))
    unread = f" (services by their names, because the contract could not be used: {where.by_name})" if where.by_name else ""
    return ReleasePlan(
        release_id=new_release_id(ROLLBACK),
        environment=request.environment,
        cluster=where.cluster,
        purpose=f"{request.environment} back to {request.to or 'the last good state'}{unread}",
        services=tuple(with_settings_of_target(plan, entries) for plan in planned if not isinstance(plan, _CannotRollBack)),
        releases_table=where.releases_table,
        event_bus=where.event_bus,
    )


def _selected(where: LocatedServices, request: Request) -> list[tuple[ServiceContract, ServiceState]]:
    """The services that are meant: a task definition means the service of its family alone."""
    if request.to is None or ":" not in request.to:
        return list(where.services)
    family = family_of(request.to)
    found = [(contract, state) for contract, state in where.services if contract.family == family]
    if not found:
        families = ", ".join(contract.family for contract, _ in where.services)
        raise Refused(f"{request.to} is of the family {family}, and a rollback can return to {families} alone")
    return found


def _plan_service(look: _Context, contract: ServiceContract, state: ServiceState) -> ServicePlan | NoChange | _CannotRollBack:
    try:
        if not state.active:
            raise _CannotRollBack(f"the service is {state.status}, not ACTIVE")
        if on_template(contract, state.task_definition):
            raise _CannotRollBack("it was never released: there is nothing to go back to")
        return _plan(contract, state, _target(look, contract, state))
    except _CannotRollBack as problem:
        return _CannotRollBack(f"{contract.name}: {problem}")


def _target(look: _Context, contract: ServiceContract, state: ServiceState) -> TaskDefinition:
    if look.to is not None and ":" in look.to:
        return _describe(look.clients, look.to)
    past = read_history(look.clients.ecs, look.where.cluster, contract)
    if look.to is not None:
        return _find_version(look.clients, contract, past, look.to)
    primary = state.primary.task_definition if state.primary else state.task_definition
    found = find_target(past, primary, lambda: _registered_at(look, contract.name, primary))
    if found is None:
        raise _CannotRollBack(
            f"ECS remembers no success before {name_of(state.task_definition)}:"
            " --to names another task definition, deploy another version"
        )
    return TaskDefinition.unread(found)


def _registered_at(look: _Context, service: str, task_definition: str) -> datetime | None:
    """When a revision was registered, by ECS's clock, or a little before."""
    for entry in look.entries():
        told = entry.services.get(service)
        if told and told.change in _REGISTERING and told.target.task_definition == task_definition:
            return told.listed_at
    return registered_at(look.clients.ecs, task_definition)


def _find_version(clients: Clients, contract: ServiceContract, past: HistoryReader, version: str) -> TaskDefinition:
    for point in list_targets(past.whole().completed):
        definition = _describe(clients, point.task_definition)
        if contract.container in definition.containers and version_of(definition, contract.container) == version:
            return definition
    raise _CannotRollBack(
        f"none of its successful deployments that ECS remembers is of {version}: appdeploy rollback --list shows them;"
        " one that was replaced before ECS had finished is returned to by its task definition alone"
    )


def _describe(clients: Clients, task_definition: str) -> TaskDefinition:
    try:
        return describe_task_definition(clients.ecs, task_definition)
    except clients.ecs.exceptions.ClientException:
        raise _CannotRollBack(f"ECS does not know the task definition {name_of(task_definition)}") from None


def _plan(contract: ServiceContract, state: ServiceState, target: TaskDefinition) -> ServicePlan | NoChange:
    name, runs = name_of(target.arn), name_of(state.task_definition)
    previous = PreviousState(state.task_definition, DeploymentSnapshot.of(state), version=runs, read=False)
    if target.arn == state.task_definition and state.settled:
        return NoChange(contract, previous, f"it runs {name} already")
    if target.is_read:
        _check(contract, target)
    return plan_return(contract, target, previous)


def _check(contract: ServiceContract, target: TaskDefinition) -> None:
    name = name_of(target.arn)
    if not target.active:
        raise _CannotRollBack(
            f"{name} is {target.fields['status']}: somebody deregistered it; appdeploy rollback --list shows others"
        )
    if contract.container not in target.containers:
        raise _CannotRollBack(f"{name} has no container {contract.container}: it has {', '.join(target.containers)}")
