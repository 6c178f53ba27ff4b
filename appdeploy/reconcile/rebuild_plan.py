"""Rebuilds the plan of one service from its entry, so that the release can be watched or resumed."""

from __future__ import annotations

from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot
from appdeploy.model.image import Digest, ImageReference
from appdeploy.model.ledger_entry import Entry, ServiceEntry, StepKind
from appdeploy.model.plan import Change, PreviousState, Resumed, ServicePlan, StartedTask
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.reconcile.progress import FoundProgress

_CHANGES = {change.value: change for change in Change}


def rebuild_plan(
    entry: Entry, name: str, contract: ServiceContract, base: TaskDefinition, progress: FoundProgress
) -> ServicePlan:
    """What the release did or will do to that service. `base` is the revision that the entry names."""
    service = entry.services[name]
    stop = entry.last_finished_step(StepKind.STOP, name) or entry.last_finished_step(StepKind.SCALE_TO_ZERO, name)
    revert = entry.last_step(StepKind.REVERT, name)
    return ServicePlan(
        contract=contract,
        # A deployment made outside the tool is watched like a rollback to its task definition.
        change=_CHANGES.get(service.change, Change.ROLLBACK),
        base=base,
        image=ImageReference.parse(service.image) if service.image else base.image_of(contract.container),
        version=service.target.version or "",
        template=service.target.template,
        previous=previous_of_entry(service),
        settings=service.settings,
        resumed=Resumed(
            task_definition=progress.task_definition,
            deployment_id=progress.deployment_id,
            stopped_because=stop.reason or "stopped" if stop else None,
            at_zero=entry.last_finished_step(StepKind.SCALE_TO_ZERO, name) is not None,
            pre_deploy=_pre_deploy(entry, name),
            revert_because=revert.reason or "reverted" if revert else None,
            revert_deployment=progress.revert_deployment_id,
        ),
    )


def _pre_deploy(entry: Entry, name: str) -> StartedTask | None:
    step, run = entry.first_step(StepKind.PRE_DEPLOY, name), entry.services[name].pre_deploy
    return StartedTask(step.started, run.task if run else None, run.exit_code if run else None) if step else None


def previous_of_entry(service: ServiceEntry) -> PreviousState:
    """What the service ran before the release."""
    previous = service.previous
    return PreviousState(
        task_definition=previous.task_definition or "",
        snapshot=DeploymentSnapshot(frozenset(service.deployments_before), service.moment_listed),
        version=previous.version,
        digest=Digest(previous.digest) if previous.digest else None,
        template=previous.template,
    )
