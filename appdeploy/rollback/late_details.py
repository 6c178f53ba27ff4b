"""Reads, after a rollback's updates were sent, what it needs only to display and watch them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.events import PreviousVersionResolved
from appdeploy.model.image import ImageReference
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Change, PreviousState, ServicePlan, previous_of, remarks_on, version_of
from appdeploy.model.rollout import Rollout, StartedRollouts
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.model.contract import ServiceContract
    from appdeploy.model.events import Emit


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


def read_late_details(started: StartedRollouts, clients: Clients, ledger: LedgerWriter, emit: Emit) -> StartedRollouts:
    """The rollouts of a rollback with all details; rollouts of other releases unchanged.

    If the previous revision cannot be read, only its name is known. If the new one cannot be read, its service is not
    watched: its container health checks decide when it is live.
    """
    completed = map_parallel(lambda rollout: _completed(rollout, clients), started.rollouts)
    rollouts = tuple(item for item in completed if isinstance(item, Rollout))
    for before, after in zip(started.rollouts, completed, strict=True):
        if isinstance(after, Rollout) and after.plan != before.plan:
            ledger.previous_resolved(after.plan)
            emit(PreviousVersionResolved(after.plan))
    return StartedRollouts(rollouts, (*started.results, *(item for item in completed if isinstance(item, ServiceResult))))


def _completed(rollout: Rollout, clients: Clients) -> Rollout | ServiceResult:
    plan = rollout.plan
    if plan.change is not Change.ROLLBACK or plan.resumed is not None:  # Resuming has read it.
        return rollout
    previous = _previous_state(plan, clients)
    try:
        base = plan.base if plan.base.is_read else describe_task_definition(clients.ecs, plan.base.arn)
    except AwsError as error:
        serving = f"not known: {name_of(plan.base.arn)} is being deployed; ECS continues"
        return ServiceResult(rollout.name, Outcome.TIMED_OUT, serving, f"it cannot be watched: {explain(error)}", final=False)
    known = plan_return(plan.contract, base, previous)
    return replace(rollout, plan=replace(known, settings=plan.settings, remarks=plan.remarks))


def _previous_state(plan: ServicePlan, clients: Clients) -> PreviousState:
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
