"""Takes a service back whose release goes back as a whole, although it did well itself (docs/adr/015-several-services.md).

What ECS still works on is stopped, as any failing rollout is. What is complete cannot be stopped: the service returns to its
previous task definition by a deployment of its own, which is followed to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.aws.writes import WriteRefused
from appdeploy.model.ecs_state import DeploymentSnapshot
from appdeploy.model.errors import LockLost, OutOfReach
from appdeploy.model.events import Reverting
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Change, PreviousState, ServicePlan
from appdeploy.model.task_definition import name_of
from appdeploy.watch.judge import Policy, replaced_by
from appdeploy.watch.service_watch import ServiceWatch, Tick

if TYPE_CHECKING:
    from appdeploy.aws.writes import EcsWriter
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.model.ecs_state import Deployment, ServiceState
    from appdeploy.model.rollout import Rollout
    from appdeploy.watch.poller import Watch

UNTIL_COMPLETE = Policy(until_complete=True, patient=True)
"""How a return is followed: only when it is complete the previous version is confirmed back."""


@dataclass(eq=False)
class RevertWatch:
    """One service on its way back. `watch` is what follows its rollout, and was told to take it back."""

    watch: Watch
    cause: str
    """Why, with the service that failed."""
    make: Callable[[Rollout], ServiceWatch]
    """How a return is watched."""
    writer: EcsWriter
    ledger: LedgerWriter

    def __post_init__(self) -> None:
        resumed = self.rollout.plan.resumed
        found = resumed.revert_deployment if resumed else None
        if found:
            self.ledger.reverted(self.rollout.name, found)
        self._revert = self.make(revert_rollout(self.rollout, found)) if found else None

    @property
    def rollout(self) -> Rollout:
        """The rollout that is taken back."""
        return self.watch.rollout

    def tick(self, state: ServiceState) -> Tick:
        """As that of ServiceWatch."""
        if self._revert is not None:
            return self._as_revert_tick(self._revert.tick(state))
        tick = self.watch.tick(state)
        if tick.result is None or tick.result.outcome is not Outcome.LIVE or not self._can_revert:
            return tick
        primary = state.primary
        if primary is None or primary.id != self.rollout.deployment_id:
            return Tick((), _replaced(tick.result, primary))
        return self._send_revert(state, tick.result)

    def give_up(self, cause: str) -> ServiceResult:
        """The outcome when we stop watching before the end."""
        return self.watch.give_up(cause) if self._revert is None else self._as_revert_result(self._revert.give_up(cause))

    def service_missing(self) -> ServiceResult:
        """The outcome when ECS does not know the service any more."""
        return self.watch.service_missing()

    @property
    def _can_revert(self) -> bool:
        """Not to a template, which has no image, nor to what a restart runs all the same."""
        plan = self.rollout.plan
        return not plan.first and plan.previous.task_definition != self.rollout.task_definition

    def _send_revert(self, state: ServiceState, live: ServiceResult) -> Tick:
        """Point the service at its previous task definition. What cannot be sent leaves it as it is, and says so."""
        name, previous = self.rollout.name, self.rollout.plan.previous.task_definition
        self.ledger.step_starting(StepKind.REVERT, name, self.cause)
        service, known = self.rollout.service, DeploymentSnapshot.of(state)
        try:
            deployment = self.writer.update(service, previous, known=known, desired_count=None, force=False)
        except LockLost:
            return Tick((), live)  # Whoever has the lock decides now.
        except WriteRefused as error:
            return Tick((), replace(live, outcome=Outcome.FAILED, cause=f"{self.cause}; {_not_restored(previous)}: {error}"))
        except OutOfReach as error:
            cause = f"{self.cause}; whether it went back to {name_of(previous)} is not known: {error}"
            return Tick((), replace(live, outcome=Outcome.TIMED_OUT, cause=cause, final=False))
        self.ledger.reverted(name, deployment)
        self._revert = self.make(revert_rollout(self.rollout, deployment))
        return Tick((Reverting(name, self.cause, previous, deployment),))

    def _as_revert_tick(self, tick: Tick) -> Tick:
        return tick if tick.result is None else replace(tick, result=self._as_revert_result(tick.result))

    def _as_revert_result(self, result: ServiceResult) -> ServiceResult:
        return outcome_of_revert(result, self.cause)


def revert_rollout(rollout: Rollout, deployment_id: str) -> Rollout:
    """The rollout of the return that takes that one back."""
    plan = rollout.plan
    before = plan.previous.snapshot
    known = replace(before, deployments=before.deployments | {rollout.deployment_id})
    ours = PreviousState(rollout.task_definition, known, plan.version, plan.image.digest, plan.template)
    return replace(
        rollout, plan=_revert_plan(plan, ours), task_definition=plan.previous.task_definition, deployment_id=deployment_id
    )


def _revert_plan(plan: ServicePlan, ours: PreviousState) -> ServicePlan:
    previous = plan.previous
    version = previous.version or name_of(previous.task_definition)
    return replace(plan, change=Change.ROLLBACK, version=version, template=previous.template, previous=ours, resumed=None)


def outcome_of_revert(result: ServiceResult, cause: str) -> ServiceResult:
    """What the end of a return means for the release that it takes back."""
    match result.outcome:
        case Outcome.LIVE | Outcome.UNCHANGED:
            return replace(result, outcome=Outcome.ROLLED_BACK, cause=cause)
        case Outcome.SUPERSEDED | Outcome.TIMED_OUT:
            return replace(result, cause=f"{cause}; on the way back: {result.cause}")
        case Outcome.FAILED | Outcome.ROLLED_BACK | Outcome.ROLLED_BACK_BY_ECS | Outcome.REFUSED | Outcome.SKIPPED:
            return replace(result, outcome=Outcome.FAILED, cause=f"{cause}; the way back failed: {result.cause}")


def _replaced(live: ServiceResult, primary: Deployment | None) -> ServiceResult:
    """Another deployment came after ours was complete: it belongs to somebody else."""
    serving = f"{name_of(primary.task_definition) if primary else 'an unknown task definition'} of another deployment"
    return replace(live, outcome=Outcome.SUPERSEDED, cause=replaced_by(primary), serving=serving, final=True)


def _not_restored(previous: str) -> str:
    return f"{name_of(previous)} could not be brought back"
