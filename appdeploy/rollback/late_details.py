"""Reads, after a rollback's updates were sent, what it needs only to display and watch them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import UNREACHABLE_SECONDS
from appdeploy.model.events import CallerResolved, PreviousVersionResolved
from appdeploy.model.image import ImageReference
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Change, NoChange, PreviousState, ServicePlan, previous_of, remarks_on, version_of
from appdeploy.model.rollout import Rollout, StartedRollouts
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.ledger.locked_change import ReleaseContext
    from appdeploy.model.clock import Clock
    from appdeploy.model.contract import ServiceContract
    from appdeploy.model.plan import ReleasePlan

_PAUSE = 1.0


def plan_return(contract: ServiceContract, target: TaskDefinition, previous: PreviousState) -> ServicePlan:
    """The plan to return to a revision, with the details that were read."""
    known = contract.container in target.containers
    return ServicePlan(
        contract=contract,
        change=Change.ROLLBACK,
        base=target,
        image=target.image_of(contract.container) if known else ImageReference.parse(contract.repository),
        version=version_of(target, contract.container) if known else name_of(target.arn),
        template=target.tags.get(TEMPLATE_TAG),
        previous=previous,
        remarks=remarks_on(target, contract.container),
    )


def with_details(plan: ReleasePlan, clients: Clients) -> ReleasePlan:
    """A rollback that is only shown, with all details that can be read."""
    services = map_parallel(lambda service: _with_details(service, clients), plan.services)
    return replace(plan, services=tuple(services))


def _with_details(service: ServicePlan | NoChange, clients: Clients) -> ServicePlan | NoChange:
    previous = _previous_state(service, clients)
    if isinstance(service, NoChange):
        return replace(service, previous=previous)
    try:
        base = service.base if service.base.is_read else describe_task_definition(clients.ecs, service.base.arn)
    except AwsError:
        return replace(service, previous=previous)
    return replace(plan_return(service.contract, base, previous), settings=service.settings, remarks=service.remarks)


def read_late_details(started: StartedRollouts, context: ReleaseContext) -> StartedRollouts:
    """The rollouts of a rollback with all details; rollouts of other releases unchanged.

    If the previous revision cannot be read, only its name is known. If the new one cannot be read, for as long as a watch
    would wait for AWS, its service is not watched: its container health checks decide when it is live.
    """
    clients, clock, ledger, emit = context.clients, context.clock, context.ledger, context.emit
    late = any(_is_late(rollout.plan) for rollout in started.rollouts)
    with ThreadPoolExecutor(1) as beside:
        caller = beside.submit(_caller, clients) if late else None
        completed = map_parallel(lambda rollout: _completed(rollout, clients, clock), started.rollouts)
        who = caller.result() if caller else None
    if who:
        ledger.caller_resolved(who)
        emit(CallerResolved(who))
    rollouts = tuple(item for item in completed if isinstance(item, Rollout))
    for before, after in zip(started.rollouts, completed, strict=True):
        if isinstance(after, Rollout) and after.plan != before.plan:
            ledger.previous_resolved(after.plan)
            emit(PreviousVersionResolved(after.plan))
    return StartedRollouts(rollouts, (*started.results, *(item for item in completed if isinstance(item, ServiceResult))))


def _is_late(plan: ServicePlan) -> bool:
    return plan.change is Change.ROLLBACK and plan.resumed is None  # Resuming has read it.


def _caller(clients: Clients) -> str | None:
    """The ARN of the AWS identity; None if STS does not answer at once: the ledger then keeps user and host."""
    try:
        return clients.once.sts.get_caller_identity()["Arn"]
    except AwsError:
        return None


def _completed(rollout: Rollout, clients: Clients, clock: Clock) -> Rollout | ServiceResult:
    plan = rollout.plan
    if not _is_late(plan):
        return rollout
    previous = _previous_state(plan, clients)
    try:
        base = plan.base if plan.base.is_read else _described(plan.base.arn, clients, clock)
    except AwsError as error:
        serving = f"not known: {name_of(plan.base.arn)} is being deployed; ECS continues"
        return ServiceResult(rollout.name, Outcome.TIMED_OUT, serving, f"it cannot be watched: {explain(error)}", final=False)
    known = plan_return(plan.contract, base, previous)
    return replace(rollout, plan=replace(known, settings=plan.settings, remarks=plan.remarks))


def _described(arn: str, clients: Clients, clock: Clock) -> TaskDefinition:
    end = clock.now() + UNREACHABLE_SECONDS
    while True:
        try:
            return describe_task_definition(clients.ecs, arn)
        except AwsError as error:
            if not is_transient(error) or clock.now() >= end:
                raise
        clock.sleep(_PAUSE)


def _previous_state(plan: ServicePlan | NoChange, clients: Clients) -> PreviousState:
    previous = plan.previous
    if previous.read:
        return previous
    try:
        running = describe_task_definition(clients.once.ecs, previous.task_definition)
    except AwsError:
        return previous
    if plan.contract.container not in running.containers:
        return replace(previous, read=True)
    return previous_of(running, plan.contract.container, previous.snapshot)
