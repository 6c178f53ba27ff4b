"""Reverts a service because another service of its atomic release failed (docs/adr/015-several-services.md).

A deployment in progress is stopped, as for any failing rollout. A completed one cannot be stopped: a new deployment of the
previous task definition is started and watched to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.aws.writes import CredentialsRejected, WriteRefused
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
"""How a revert is watched: only its completion confirms that the previous version serves."""


@dataclass(eq=False)
class RevertWatch:
    """Watches the revert of one service. `watch` watches its rollout, and was asked to roll back."""

    watch: Watch
    cause: str
    """Why, with the name of the failed service."""
    make: Callable[[Rollout], ServiceWatch]
    """Makes the watch of a revert deployment."""
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
        """The rollout that is reverted."""
        return self.watch.rollout

    def tick(self, state: ServiceState) -> Tick:
        """As ServiceWatch.tick."""
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
        """The outcome when the service does not exist any more."""
        return self.watch.service_missing()

    @property
    def _can_revert(self) -> bool:
        """False for a first release, whose template has no image, and for a restart, which runs the same revision."""
        plan = self.rollout.plan
        return not plan.first and plan.previous.task_definition != self.rollout.task_definition

    def _send_revert(self, state: ServiceState, live: ServiceResult) -> Tick:
        """Update the service to its previous task definition. If that cannot be sent, the result says so."""
        name, previous = self.rollout.name, self.rollout.plan.previous.task_definition
        self.ledger.step_starting(StepKind.REVERT, name, self.cause)
        service, known = self.rollout.service, DeploymentSnapshot.of(state)
        try:
            begun = self.writer.update(service, previous, known=known, desired_count=None, force=False)
        except LockLost:
            return Tick((), live)  # The new lock holder decides.
        except CredentialsRejected as error:
            cause = f"{self.cause}; {_not_restored(previous)}: {error}"
            return Tick((), replace(live, outcome=Outcome.TIMED_OUT, cause=cause, final=False))
        except WriteRefused as error:
            return Tick((), replace(live, outcome=Outcome.FAILED, cause=f"{self.cause}; {_not_restored(previous)}: {error}"))
        except OutOfReach as error:
            cause = f"{self.cause}; it is unknown whether it was reverted to {name_of(previous)}: {error}"
            return Tick((), replace(live, outcome=Outcome.TIMED_OUT, cause=cause, final=False))
        self.ledger.reverted(name, begun.id)
        revert = revert_rollout(self.rollout, begun.id)
        self._revert = self.make(replace(revert, plan=revert.plan.listed_before(begun.older)))
        return Tick((Reverting(name, self.cause, previous, begun.id),))

    def _as_revert_tick(self, tick: Tick) -> Tick:
        return tick if tick.result is None else replace(tick, result=self._as_revert_result(tick.result))

    def _as_revert_result(self, result: ServiceResult) -> ServiceResult:
        return outcome_of_revert(result, self.cause)


def revert_rollout(rollout: Rollout, deployment_id: str) -> Rollout:
    """The rollout that reverts the given one."""
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
    """What the result of a revert means for the reverted release."""
    match result.outcome:
        case Outcome.LIVE | Outcome.UNCHANGED:
            return replace(result, outcome=Outcome.ROLLED_BACK, cause=cause)
        case Outcome.SUPERSEDED | Outcome.TIMED_OUT:
            return replace(result, cause=f"{cause}; during the revert: {result.cause}")
        case Outcome.FAILED | Outcome.ROLLED_BACK | Outcome.ROLLED_BACK_BY_ECS | Outcome.REFUSED | Outcome.SKIPPED:
            return replace(result, outcome=Outcome.FAILED, cause=f"{cause}; the revert failed: {result.cause}")


def _replaced(live: ServiceResult, primary: Deployment | None) -> ServiceResult:
    """Another deployment was started after ours was complete: it is not ours."""
    serving = f"{name_of(primary.task_definition) if primary else 'an unknown task definition'} of another deployment"
    return replace(live, outcome=Outcome.SUPERSEDED, cause=replaced_by(primary), serving=serving, final=True)


def _not_restored(previous: str) -> str:
    return f"{name_of(previous)} could not be restored"
