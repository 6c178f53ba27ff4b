"""What the observations of a rollout mean, and what to do. Pure: this module holds the whole outcome logic.

The outcome depends on our own deployment: the entry of `deployments` that UpdateService returned, and ECS's service
deployment for it. Counts never decide: "running equals desired" is also true after a rollback.
"""

from __future__ import annotations

from dataclasses import dataclass

from appdeploy.model.ecs_state import Deployment, DeploymentStatus, ServiceDeployment, ServiceState
from appdeploy.model.events import Phase
from appdeploy.model.outcome import Outcome
from appdeploy.model.rollout import Rollout
from appdeploy.watch.failures import Failure, health_code_in, should_stop, summary
from appdeploy.watch.routing import Ambiguous, Routing


@dataclass(frozen=True)
class Observation:
    """Everything known about a rollout at one tick."""

    state: ServiceState
    record: ServiceDeployment | None
    """The service deployment of our deployment; None until it is found."""
    routing: Routing | None = None
    failures: tuple[Failure, ...] = ()
    healthy: int | None = None
    """New tasks that run and are healthy in the serving target group; None while not checked."""
    healthy_seen: bool = False
    """Whether any new task has ever been healthy."""
    target_reasons: tuple[str, ...] = ()
    """The load balancer's descriptions of new targets that are not healthy."""

    @property
    def status(self) -> DeploymentStatus | None:
        """The status of our service deployment."""
        return self.record.status if self.record else None


@dataclass(frozen=True)
class Policy:
    """What the user requested."""

    until_complete: bool
    """Wait until ECS has completed the deployment, not only until the new version is live."""
    patient: bool
    """Leave a failing release to ECS's circuit breaker and alarms."""
    revert_because: str | None = None
    """Why to stop the release even if it succeeds; None otherwise."""


@dataclass(frozen=True)
class Done:
    """What we have already requested from ECS in this release."""

    stopped_because: str | None = None
    at_zero: bool = False


@dataclass(frozen=True)
class Wait:
    """Nothing to do yet."""

    phase: Phase


@dataclass(frozen=True)
class Stop:
    """Ask ECS to roll back."""

    cause: str


@dataclass(frozen=True)
class ScaleToZero:
    """Set the count to 0: there is no previous version to run."""

    task_definition: str | None
    """The template, if ECS is not already rolling back to it."""


@dataclass(frozen=True)
class Decide:
    """The outcome."""

    outcome: Outcome
    cause: str | None = None


Verdict = Wait | Stop | ScaleToZero | Decide


def judge(rollout: Rollout, seen: Observation, policy: Policy, done: Done) -> Verdict:
    """What a tick's observation means."""
    if not seen.state.active:
        return Decide(Outcome.FAILED, f"the service is {seen.state.status}: it was deleted")
    if _is_stale(rollout, seen):
        return Wait(Phase.STARTING)
    if _is_superseded(rollout, seen, done):
        return Decide(Outcome.SUPERSEDED, _superseded_cause(rollout, seen, done))
    if done.at_zero or (rollout.plan.first and (_has_failed(seen) or _must_revert_completed(seen, policy))):
        return _back_to_zero(rollout, seen, done)
    match seen.status:
        case DeploymentStatus.SUCCESSFUL | DeploymentStatus.ROLLBACK_SUCCESSFUL if seen.state.desired == 0:
            return Decide(Outcome.FAILED, _no_tasks_cause(rollout, seen, done))
        case DeploymentStatus.SUCCESSFUL:
            return Decide(Outcome.LIVE)
        case DeploymentStatus.ROLLBACK_SUCCESSFUL:
            # By ECS's record, not by the answer to our request: the answer may have been lost, or ECS may have rolled
            # back before and still accepted the request.
            by_ecs = seen.record is not None and seen.record.triggered
            return Decide(Outcome.ROLLED_BACK_BY_ECS if by_ecs else Outcome.ROLLED_BACK, why_it_failed(rollout, seen, done))
        case DeploymentStatus.ROLLBACK_FAILED:
            return Decide(Outcome.FAILED, f"the rollback failed: {why_it_failed(rollout, seen, done)}")
        case DeploymentStatus.STOPPED:
            return Decide(Outcome.FAILED, f"ECS stopped it without a rollback: {why_it_failed(rollout, seen, done)}")
        case DeploymentStatus.ROLLBACK_REQUESTED | DeploymentStatus.ROLLBACK_IN_PROGRESS | DeploymentStatus.STOP_REQUESTED:
            return Wait(Phase.ROLLING_BACK)
        case DeploymentStatus.PENDING | DeploymentStatus.IN_PROGRESS | None:
            return _in_progress(rollout, seen, policy, done)


def without_record(rollout: Rollout, seen: Observation) -> Decide | None:
    """What the end of a watch means for a deployment of which ECS has no record; None if it has one.

    Whether ECS completed it or rolled it back is not known then. One that is not listed any more beside a newer one was
    replaced; a list without both may be from before our update.
    """
    if seen.record is not None:
        return None
    ours = f"ECS has no record of deployment {rollout.deployment_id} (ListServiceDeployments)"
    if seen.state.deployment(rollout.deployment_id) is not None:
        return Decide(Outcome.TIMED_OUT, ours)
    primary = seen.state.primary
    if primary is not None and primary.id in rollout.plan.previous.snapshot.deployments:
        return Decide(Outcome.TIMED_OUT, f"{ours}, and the service lists only {primary.id}, which is older")
    return Decide(Outcome.SUPERSEDED, f"{replaced_by(primary)}; {ours}, and the service does not list it any more")


def all_run(deployment: Deployment | None) -> bool:
    """Whether all tasks of that deployment run."""
    return deployment is not None and 0 < deployment.desired <= deployment.running


def why_it_failed(rollout: Rollout, seen: Observation, done: Done) -> str:
    """The cause in one line: why we stopped it, else how its tasks failed, else ECS's reason."""
    if done.stopped_because:
        return done.stopped_because
    ours = seen.state.deployment(rollout.deployment_id)
    reason = (seen.record.reason if seen.record else "") or (ours.rollout_reason if ours else "")
    return describe_failures(seen) or " ".join(reason.split()) or "ECS gives no reason"


def describe_failures(seen: Observation) -> str:
    """How new tasks failed, in one line; empty when none failed."""
    messages = [*seen.target_reasons, *(event.message for event in seen.state.events)]
    return summary(seen.failures, health_code_in(messages))


def _no_tasks_cause(rollout: Rollout, seen: Observation, done: Done) -> str:
    # ECS reports a deployment without tasks as successful, so a count set to 0 meanwhile would look like a good release.
    why = "" if seen.status is DeploymentStatus.SUCCESSFUL else f"; it was rolled back: {why_it_failed(rollout, seen, done)}"
    return f"the desired count was set to 0: no task is left to check the new version{why}"


def _in_progress(rollout: Rollout, seen: Observation, policy: Policy, done: Done) -> Verdict:
    ours = seen.state.deployment(rollout.deployment_id)
    if done.stopped_because is not None:
        return Wait(Phase.STOPPING)
    cause = policy.revert_because or (None if policy.patient else _reason_to_stop(rollout, seen, ours))
    if cause is not None:
        return Stop(cause)
    if not all_run(ours):
        return Wait(Phase.STARTING)
    if ours is None or seen.healthy is None or seen.healthy < ours.desired:
        return Wait(Phase.CHECKING)
    return Wait(Phase.LIVE) if policy.until_complete else Decide(Outcome.LIVE)


def _reason_to_stop(rollout: Rollout, seen: Observation, ours: Deployment | None) -> str | None:
    # In a rolling deployment the weights never change: tasks in a group of weight 0 would replace those that serve.
    if isinstance(seen.routing, Ambiguous) and rollout.plan.contract.strategy == "rolling":
        return seen.routing.why
    desired = ours.desired if ours else seen.state.desired
    if should_stop(seen.failures, desired=desired, healthy_seen=seen.healthy_seen):
        return describe_failures(seen)
    return None


def _has_failed(seen: Observation) -> bool:
    status = seen.status
    return status is not None and (
        status.is_rollback
        or status in (DeploymentStatus.ROLLBACK_FAILED, DeploymentStatus.STOPPED, DeploymentStatus.STOP_REQUESTED)
    )


def _must_revert_completed(seen: Observation, policy: Policy) -> bool:
    """Whether it is complete but must be reverted: ECS does not stop a completed deployment."""
    return policy.revert_because is not None and seen.status is DeploymentStatus.SUCCESSFUL


def _is_stale(rollout: Rollout, seen: Observation) -> bool:
    # The service was read before the record, so it shows our deployment in progress, while the record says that it was
    # stopped for a newer one, which the next read will show. A deployment that fails without a rollback stays PRIMARY
    # as FAILED ("the deployment is stalled", AmazonECS/latest/developerguide/deployment-circuit-breaker.html).
    primary = seen.state.primary
    older = primary is not None and primary.id in rollout.plan.previous.snapshot.deployments
    if seen.status is DeploymentStatus.SUCCESSFUL:  # A read from before our update proves nothing.
        return older
    if seen.record is not None and older and seen.status is DeploymentStatus.STOPPED:
        # By ECS's clock: nothing in it is as new as our deployment.
        return seen.state.latest_timestamp < seen.record.created
    under_way = primary is not None and primary.id == rollout.deployment_id and primary.in_progress
    return under_way and seen.record is not None and seen.status is DeploymentStatus.STOPPED and not seen.record.triggered


def _is_superseded(rollout: Rollout, seen: Observation, done: Done) -> bool:
    # A stopped deployment that is still PRIMARY failed without a rollback; otherwise it was replaced, unless the circuit
    # breaker or an alarm had stopped it before. A rollback by ECS has its own statuses: if it was started and the status
    # is STOPPED, a newer deployment ended it.
    replaced = seen.state.primary is not None and seen.state.primary.id != rollout.deployment_id
    return replaced and _was_stopped_by_another(seen) and not done.at_zero


def _was_stopped_by_another(seen: Observation) -> bool:
    failed = seen.record is not None and seen.record.triggered and not seen.record.rollback_started
    return seen.status is DeploymentStatus.STOPPED and not failed


def _superseded_cause(rollout: Rollout, seen: Observation, done: Done) -> str:
    by = replaced_by(seen.state.primary)
    went_back = seen.record is not None and seen.record.rollback_started
    return f"{by} while it was rolled back: {why_it_failed(rollout, seen, done)}" if went_back else by


def replaced_by(primary: Deployment | None) -> str:
    """Which deployment replaced ours, in words."""
    if primary is None:
        return "another deployment replaced it"
    return f"deployment {primary.id} of {primary.task_definition.rsplit('/', 1)[-1]} replaced it"


def _back_to_zero(rollout: Rollout, seen: Observation, done: Done) -> Verdict:
    primary = seen.state.primary
    on_previous = primary is not None and primary.task_definition == rollout.plan.previous.task_definition
    if not done.at_zero:
        rolling_back = on_previous or (seen.status is not None and seen.status.is_rollback)
        return ScaleToZero(None if rolling_back else rollout.plan.previous.task_definition)
    state = seen.state
    if primary is not None and not on_previous and primary.id != rollout.deployment_id:
        outcome = Outcome.SUPERSEDED if _was_stopped_by_another(seen) else Outcome.FAILED
        return Decide(outcome, f"{replaced_by(primary)} after it had failed: {why_it_failed(rollout, seen, done)}")
    settled = on_previous and primary is not None and not primary.in_progress
    if settled and state.desired == state.running == state.pending == 0:
        return Decide(Outcome.FAILED, f"{why_it_failed(rollout, seen, done)}; there is no previous version")
    return Wait(Phase.SCALING_TO_ZERO)
