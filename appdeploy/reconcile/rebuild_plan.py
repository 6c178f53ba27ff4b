"""Makes the plan of one service again from its entry, so that the release can be watched or carried on."""

from __future__ import annotations

from appdeploy.ledger.new_entry import CHANGE_WORDS
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import Known
from appdeploy.model.image import Digest, ImageReference
from appdeploy.model.ledger_entry import Entry, ServiceEntry, StepKind
from appdeploy.model.plan import BegunTask, Change, Former, Resumed, ServicePlan
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.reconcile.progress import Trace

_CHANGES = {word: change for change, word in CHANGE_WORDS.items()}


def plan_again(entry: Entry, name: str, contract: ServiceContract, base: TaskDefinition, trace: Trace) -> ServicePlan:
    """What the release did or is to do to that service. `base` is the revision that the entry names."""
    service = entry.services[name]
    stop = entry.has_done(StepKind.STOP, name) or entry.has_done(StepKind.EMPTY, name)
    back = entry.has_begun(StepKind.RETURN, name)
    return ServicePlan(
        contract=contract,
        # A deployment that no release made is watched as a return to what it runs.
        change=_CHANGES.get(service.change, Change.RETURN),
        base=base,
        image=ImageReference.parse(service.image) if service.image else base.image_of(contract.container),
        version=service.wanted.version or "",
        template=service.wanted.template,
        former=former_of_entry(service),
        settings=service.settings,
        resumed=Resumed(
            task_definition=trace.task_definition,
            deployment_id=trace.deployment_id,
            stopped_because=stop.why or "stopped" if stop else None,
            emptied=entry.has_done(StepKind.EMPTY, name) is not None,
            before=_before(entry, name),
            return_because=back.why or "taken back" if back else None,
            returned=trace.returned,
        ),
    )


def _before(entry: Entry, name: str) -> BegunTask | None:
    step, run = entry.first_begun(StepKind.BEFORE, name), entry.services[name].before
    return BegunTask(step.begun, run.task if run else None, run.exit_code if run else None) if step else None


def former_of_entry(service: ServiceEntry) -> Former:
    """What the service stood on before the release."""
    former = service.former
    return Former(
        task_definition=former.task_definition or "",
        known=Known(frozenset(service.known), service.known_at),
        version=former.version,
        digest=Digest(former.digest) if former.digest else None,
        template=former.template,
    )
