"""Plans a rollback with only the calls that the update needs, and those that show whether a target's tasks could start.

At most five calls for one service, including one of the ledger, and two for each further service; one more per hundred
deployments in ECS's records, and one if the ledger does not record how the running task definition was registered. For each
target that is considered, one call reads it, and then one for each image, one for ten secrets and one
for fifty parameters, in parallel; both are bounded in time (appdeploy.rollback.usable). What is only displayed, such as the
previous version, is read after the update (appdeploy.rollback.late_details).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from appdeploy.aws.clients import THREADS
from appdeploy.aws.current_state import describe_task_definition, on_template, registered_at
from appdeploy.aws.errors import AwsError, refusing
from appdeploy.aws.parallel import with_timeout
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.plan import Change, NoChange, PreviousState, ReleasePlan, ServicePlan, version_of
from appdeploy.model.release_id import ROLLBACK, new_release_id
from appdeploy.model.task_definition import RESTORES_TAG, TaskDefinition, family_of, name_of
from appdeploy.model.words import moment
from appdeploy.preflight.start_needs import read_start_needs
from appdeploy.rollback.choose_target import list_targets
from appdeploy.rollback.deployment_history import HistoryReader, find_candidates, read_history
from appdeploy.rollback.late_details import plan_return
from appdeploy.rollback.list_targets import MAX_TARGETS
from appdeploy.rollback.locate_services import find_services
from appdeploy.rollback.usable import CHECK_SECONDS, inspect, problem_of
from appdeploy.settings.history import recent_entries, with_settings_of_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from appdeploy.aws.clients import Clients
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.rollback.locate_services import LocatedServices

_REGISTERING = tuple(change.value for change in Change if change.registers)
"""Changes in the ledger that registered a revision."""


@dataclass(frozen=True)
class Request:
    """What the user requested."""

    environment: str
    services: tuple[str, ...]
    """Names; empty for all."""
    to: str | None = None
    """A task definition (`family:revision` or ARN) or a version; None for the default target."""
    with_settings: bool = True
    """Whether to restore the settings that were in effect then, according to the ledger."""


class _CannotRollBack(Exception):
    """Why one service cannot be rolled back."""

    def __init__(self, why: str, service: str = "") -> None:
        super().__init__(f"{service}: {why}" if service else why)
        self.why = why


@dataclass(frozen=True)
class _Target:
    """Where one service returns to."""

    definition: TaskDefinition
    """Unread if it could not be read in time."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Context:
    """Shared input for planning each service."""

    clients: Clients
    environment: str
    where: LocatedServices
    to: str | None
    entries: Callable[[], Sequence[Entry]]
    """The newest ledger entries; waits for the read. Empty without the ledger."""


def prepare_rollback(request: Request, clients: Clients) -> ReleasePlan:
    """Read and decide; nothing is changed. Raises Refused."""
    with refusing("the rollback targets could not be read"), ThreadPoolExecutor(THREADS) as pool:
        where = find_services(clients, request.environment, request.services)
        services = _selected(where, request)
        # Without SSM no setting can be written, so the earlier values are not needed.
        known = request.with_settings and where.by_name is None
        ledger = pool.submit(recent_entries, clients, where.releases_table) if known else None
        context = _Context(clients, request.environment, where, request.to, ledger.result if ledger else tuple)
        futures = [pool.submit(_plan_service, context, *service) for service in services]
        planned = [future.result() for future in futures]
        entries = context.entries()
    plans = _passing_over(request, services, planned)
    unread = f" (services found by name, because the contract could not be used: {where.by_name})" if where.by_name else ""
    return ReleasePlan(
        release_id=new_release_id(ROLLBACK),
        environment=request.environment,
        cluster=where.cluster,
        purpose=f"{request.environment} back to {request.to or 'the last good state'}{unread}",
        services=tuple(with_settings_of_target(plan, entries) for plan in plans),
        releases_table=where.releases_table,
        event_bus=where.event_bus,
    )


def _passing_over(
    request: Request,
    services: Sequence[tuple[ServiceContract, ServiceState]],
    planned: Sequence[ServicePlan | NoChange | _CannotRollBack],
) -> list[ServicePlan | NoChange]:
    """The plans. Of all services those that cannot be rolled back are passed over; one that was named is refused.

    In the first minute of an incident a service that was released once must not keep the others from going back.
    """
    problems = [str(plan) for plan in planned if isinstance(plan, _CannotRollBack)]
    able = [contract.name for (contract, _), plan in zip(services, planned, strict=True) if isinstance(plan, ServicePlan)]
    if problems and (request.services or not able):
        only = f"; `appdeploy rollback -e {request.environment} -s {','.join(able)}` rolls back the rest" if able else ""
        raise Refused(*(f"{problem}{only}" for problem in problems))
    return [
        NoChange(contract, _previous(state), f"passed over: {plan.why}") if isinstance(plan, _CannotRollBack) else plan
        for (contract, state), plan in zip(services, planned, strict=True)
    ]


def _previous(state: ServiceState) -> PreviousState:
    running = name_of(state.task_definition)
    return PreviousState(state.task_definition, DeploymentSnapshot.of(state), version=running, read=False)


def _selected(where: LocatedServices, request: Request) -> list[tuple[ServiceContract, ServiceState]]:
    """The requested services: for a task definition only the service of its family."""
    if request.to is None or ":" not in request.to:
        return list(where.services)
    family = family_of(request.to)
    found = [(contract, state) for contract, state in where.services if contract.family == family]
    if not found:
        families = ", ".join(contract.family for contract, _ in where.services)
        raise Refused(f"{request.to} belongs to family {family}; a rollback can only use {families}")
    return found


def _plan_service(
    context: _Context, contract: ServiceContract, state: ServiceState
) -> ServicePlan | NoChange | _CannotRollBack:
    try:
        if not state.active:
            raise _CannotRollBack(f"the service is {state.status}, not ACTIVE")
        if on_template(contract, state.task_definition):
            raise _CannotRollBack("it was never released: there is nothing to roll back to")
        target = _target(context, contract, state)
        plan = _plan(contract, state, target.definition)
        return replace(plan, remarks=(*target.remarks, *plan.remarks)) if isinstance(plan, ServicePlan) else plan
    except _CannotRollBack as problem:
        return _CannotRollBack(problem.why, contract.name)


def _target(context: _Context, contract: ServiceContract, state: ServiceState) -> _Target:
    if context.to is not None and ":" in context.to:
        return _named(context, contract, context.to)
    history = read_history(context.clients.ecs, context.where.cluster, contract)
    if context.to is not None:
        return _named(context, contract, _find_version(context, contract, history, context.to))
    primary = state.primary.task_definition if state.primary else state.task_definition
    origin = _origin(context, contract.name, primary)
    found = find_candidates(history, origin.task_definition, lambda: _registered_at(context, contract.name, origin))
    remarks: list[str] = []
    if history.taken_back is not None:
        remarks.append(
            f"its newest deployment, begun at {moment(history.taken_back)}, was rolled back already and"
            f" {name_of(primary)} serves: this goes further back"
        )
    passed: list[str] = []
    for task_definition in islice(found, MAX_TARGETS):
        inspected = inspect(context.clients, contract, task_definition, ask_ssm=context.where.by_name is None)
        if inspected.problem is None:
            return _Target(inspected.definition, (*remarks, *passed))
        passed.append(f"{name_of(task_definition)} is passed over: {inspected.problem}")
    if passed:
        advice = "give another task definition with --to, or deploy another version"
        raise _CannotRollBack("; ".join([*passed, advice]))
    raise _CannotRollBack(
        f"ECS has no record of a successful deployment before {name_of(state.task_definition)}:"
        " give another task definition with --to, or deploy another version"
    )


def _named(context: _Context, contract: ServiceContract, task_definition: str) -> _Target:
    """The target that a person has named: no other one is taken instead."""
    definition = _describe(context.clients, task_definition)
    needs = read_start_needs(context.clients, [definition], seconds=CHECK_SECONDS, ask_ssm=context.where.by_name is None)
    problem = problem_of(definition, contract, needs)
    if problem and not _runs_by_tag(definition, contract):
        raise _CannotRollBack(
            f"{name_of(definition.arn)} cannot be returned to: {problem}; {_list_command(context, contract.name)} shows others"
        )
    return _Target(definition)


def _runs_by_tag(definition: TaskDefinition, contract: ServiceContract) -> bool:
    """Whether the only thing against it is that its image is named by tag: then it is for the person to know."""
    known = contract.container in definition.containers
    return known and definition.active and definition.image_of(contract.container).digest is None


@dataclass(frozen=True)
class _Origin:
    """The revision as which one counts in the history."""

    task_definition: str
    read: TaskDefinition | None = None
    """None if it was not read."""


def _origin(context: _Context, service: str, task_definition: str) -> _Origin:
    """The revision whose content this one is: another one if a rollback registered a deregistered one again.

    In the history it counts as that one: the next rollback must go further back from there, and not forward. The ledger
    tells, else a tag of the revision, in one call; without an answer it counts as itself.
    """
    for entry in context.entries():
        recorded = entry.services.get(service)
        if recorded is None or recorded.target.task_definition != task_definition:
            continue
        if recorded.change in _REGISTERING:
            return _Origin(task_definition)
        if recorded.change == Change.ROLLBACK.value and recorded.base is not None and recorded.base != task_definition:
            return _origin(context, service, recorded.base)
    try:
        read = with_timeout(CHECK_SECONDS, lambda: describe_task_definition(context.clients.once.ecs, task_definition))
    except (TimeoutError, *AwsError):
        return _Origin(task_definition)
    restored = read.tags.get(RESTORES_TAG)
    return _Origin(restored) if restored else _Origin(task_definition, read)


def _registered_at(context: _Context, service: str, origin: _Origin) -> datetime | None:
    """When a revision was registered, by ECS's clock, or shortly before."""
    if origin.read is not None:
        return origin.read.fields.get("registeredAt")
    for entry in context.entries():
        recorded = entry.services.get(service)
        if recorded and recorded.change in _REGISTERING and recorded.target.task_definition == origin.task_definition:
            return recorded.listed_at
    return registered_at(context.clients.ecs, origin.task_definition)


def _find_version(context: _Context, contract: ServiceContract, history: HistoryReader, version: str) -> str:
    clients = context.clients
    for point in list_targets(history.whole().completed):
        definition = _describe(clients, point.task_definition)
        if contract.container in definition.containers and version_of(definition, contract.container) == version:
            return definition.arn
    raise _CannotRollBack(
        f"ECS has no record of a successful deployment of {version}: {_replaced_early(context, contract.name, version)}"
    )


def _list_command(context: _Context, service: str) -> str:
    return f"`appdeploy rollback -e {context.environment} -s {service} --list`"


def _replaced_early(context: _Context, service: str, version: str) -> str:
    """What to type for a version that was replaced before ECS had finished its deployment: the ledger knows where it ran."""
    for entry in context.entries():
        recorded = entry.services.get(service)
        if recorded and recorded.target.version == version and recorded.target.task_definition and recorded.deployment_id:
            name = name_of(recorded.target.task_definition)
            return f"{entry.id} ran it as {name} ({recorded.outcome or 'not decided'}); `--to {name}` returns to that"
    return (
        f"{_list_command(context, service)} shows the targets; give a task definition for a deployment that was replaced"
        " before ECS had finished"
    )


def _describe(clients: Clients, task_definition: str) -> TaskDefinition:
    try:
        return describe_task_definition(clients.ecs, task_definition)
    except clients.ecs.exceptions.ClientException:
        raise _CannotRollBack(f"ECS does not know the task definition {name_of(task_definition)}") from None


def _plan(contract: ServiceContract, state: ServiceState, target: TaskDefinition) -> ServicePlan | NoChange:
    if target.arn == state.task_definition and state.settled:
        return NoChange(contract, _previous(state), f"it already runs {name_of(target.arn)}")
    return plan_return(contract, target, _previous(state))
