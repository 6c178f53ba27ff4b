"""Watches one service's rollout: observe, judge, and do what the verdict asks for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError
from appdeploy.aws.writes import CredentialsRejected, EcsWriter, WriteRefused
from appdeploy.logs.tail import last_lines
from appdeploy.model.ecs_state import DeploymentStatus
from appdeploy.model.errors import LockLost, OutOfReach
from appdeploy.model.events import Event, Phase, Progress, Stopping
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.watch.failures import headline
from appdeploy.watch.judge import (
    Decide,
    Done,
    Observation,
    Policy,
    ScaleToZero,
    Stop,
    Wait,
    describe_failures,
    judge,
    replaced_by,
    why_it_failed,
    without_record,
)
from appdeploy.watch.observer import Observer
from appdeploy.watch.pace import NOTHING_KNOWN, NOTHING_RUNS, Awaited, Durations
from appdeploy.watch.routing import Serving, deregistration_delay
from appdeploy.watch.serving import what_serves

if TYPE_CHECKING:
    from appdeploy.aws.clients import OnceClients
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.model.ecs_state import Deployment, ServiceState
    from appdeploy.model.rollout import Rollout


@dataclass(frozen=True)
class Tick:
    """The result of one tick."""

    events: tuple[Event, ...] = ()
    result: ServiceResult | None = None
    awaited: Awaited = NOTHING_KNOWN
    """Decides when to look again."""


class ServiceWatch:
    """Watches one rollout to its outcome."""

    def __init__(self, rollout: Rollout, clients: OnceClients, writer: EcsWriter, policy: Policy, ledger: LedgerWriter) -> None:
        self.rollout = rollout
        self._clients = clients
        self._writer = writer
        self._policy = policy
        self._ledger = ledger
        self._observer = Observer(clients, rollout)
        self._done = _done_earlier(rollout)
        self._observation: Observation | None = None
        self._shown: Progress | None = None
        self._drain: int | None = None
        self._tries_to_read_drain = 3
        self.serves = False
        """Whether the last tick found all new tasks healthy in the serving target group."""

    def tick(self, state: ServiceState) -> Tick:
        """Observe once. Transient errors of the SDK are raised; the same tick can be repeated."""
        self._observation = self._observer.observe(state)
        match judge(self.rollout, self._observation, self._policy, self._done):
            case Wait(phase):
                self.serves = phase is Phase.LIVE
                return Tick(self._progress(self._observation, phase), awaited=self._awaited(self._observation, phase))
            case Stop(cause):
                return self._stop(self._observation, cause)
            case ScaleToZero(task_definition):
                return self._scale_to_zero(self._observation, task_definition)
            case Decide(outcome, cause):
                last = self._progress(self._observation, Phase.LIVE) if outcome is Outcome.LIVE else ()
                return Tick(last, replace(self.result(outcome, cause), log_lines=self._log_lines(outcome)))

    @property
    def going_back(self) -> str | None:
        """Why it is being rolled back, by us or by ECS; None while it may still succeed."""
        if self._done.stopped_because is not None:
            return self._done.stopped_because
        seen = self._observation
        by_ecs = seen is not None and seen.status is not None and seen.status.is_rollback
        return why_it_failed(self.rollout, seen, self._done) if seen is not None and by_ecs else None

    def start_revert(self, why: str) -> None:
        """From the next tick on, ask ECS to roll back."""
        self._policy = replace(self._policy, revert_because=why)

    def give_up(self, cause: str) -> ServiceResult:
        """The outcome when watching stops before the end: still in progress, or failed if already scaled to 0."""
        failed = self._done.at_zero
        unrecorded = without_record(self.rollout, self._observation) if self._observation else None
        if unrecorded is not None and unrecorded.outcome is Outcome.SUPERSEDED and not failed:
            return self.result(unrecorded.outcome, unrecorded.cause)
        known = self._done.stopped_because or (describe_failures(self._observation) if self._observation else "")
        parts = [
            cause,
            *([unrecorded.cause] if unrecorded and unrecorded.cause else []),
            *([f"so far: {known}"] if known else []),
        ]
        return replace(self.result(Outcome.FAILED if failed else Outcome.TIMED_OUT, "; ".join(parts)), final=False)

    def service_missing(self) -> ServiceResult:
        """The outcome when the service does not exist any more."""
        return self.result(Outcome.FAILED, "the service was deleted")

    def replaced(self, newer: Deployment) -> ServiceResult:
        """The outcome when another deployment was started after ours was complete."""
        return self.result(Outcome.SUPERSEDED, replaced_by(newer))

    @property
    def status(self) -> DeploymentStatus | None:
        """The status of our service deployment at the last tick."""
        return self._observation.status if self._observation else None

    def _stop(self, seen: Observation, cause: str) -> Tick:
        if seen.record is None:
            return Tick(self._progress(seen, Phase.STOPPING))
        self._ledger.step_starting(StepKind.STOP, self.rollout.name, cause)
        try:
            stopped = self._writer.stop(seen.record.arn)
        except WriteRefused as error:
            return Tick((), self._not_carried_out(f"{cause}; it could not be stopped: {error}", error))
        except LockLost:
            # The new lock holder and ECS's circuit breaker decide: we only watch.
            self._policy = replace(self._policy, patient=True, revert_because=None)
            return Tick(self._progress(seen, Phase.STARTING))
        except OutOfReach:
            return Tick(self._progress(seen, Phase.STOPPING))  # The next tick retries.
        if not stopped:
            # It has ended, or ECS already rolls it back: the next ticks show which.
            return Tick(self._progress(seen, Phase.STOPPING))
        self._done = replace(self._done, stopped_because=cause)
        self._ledger.step_finished(StepKind.STOP, self.rollout.name)
        return Tick((Stopping(self.rollout.name, cause), *self._progress(seen, Phase.STOPPING)))

    def _scale_to_zero(self, seen: Observation, task_definition: str | None) -> Tick:
        cause = self._done.stopped_because or self._policy.revert_because or why_it_failed(self.rollout, seen, self._done)
        self._ledger.step_starting(StepKind.SCALE_TO_ZERO, self.rollout.name, cause)
        try:
            self._writer.settle_at_zero(self.rollout.service, task_definition)
        except (WriteRefused, LockLost) as error:
            return Tick((), self._not_carried_out(f"{cause}; the count could not be set to 0: {error}", error))
        except OutOfReach:
            return Tick(self._progress(seen, Phase.SCALING_TO_ZERO))  # The next tick retries.
        self._done = replace(self._done, at_zero=True, stopped_because=cause)
        self._ledger.step_finished(StepKind.SCALE_TO_ZERO, self.rollout.name)
        return Tick(self._progress(seen, Phase.SCALING_TO_ZERO))

    def _progress(self, seen: Observation, phase: Phase) -> tuple[Event, ...]:
        ours = seen.state.deployment(self.rollout.deployment_id)
        running, desired = (ours.running, ours.desired) if ours else (0, 0)
        shown = Progress(self.rollout.name, phase, running, desired, seen.healthy, headline(seen.failures))
        if shown == self._shown:
            return ()
        self._shown = shown
        return (shown,)

    def result(self, outcome: Outcome, cause: str | None) -> ServiceResult:
        """An outcome, with what serves according to the last tick."""
        return ServiceResult(
            service=self.rollout.name,
            outcome=outcome,
            serving=what_serves(
                self.rollout,
                outcome,
                self._observation,
                stopped=self._done.stopped_because is not None,
                drain_seconds=self._drain_seconds(outcome),
            ),
            cause=cause,
            final=outcome is not Outcome.LIVE
            or (self._observation is not None and self._observation.status is DeploymentStatus.SUCCESSFUL),
        )

    def _not_carried_out(self, cause: str, error: WriteRefused | LockLost) -> ServiceResult:
        """Not final: ECS is still working on it. With credentials that have expired it cannot be watched either."""
        outcome = Outcome.TIMED_OUT if isinstance(error, CredentialsRejected) else Outcome.FAILED
        return replace(self.result(outcome, cause), final=False)

    def _awaited(self, seen: Observation, phase: Phase) -> Awaited:
        """What ECS does next, as far as its length is known."""
        if phase is Phase.STARTING and not self._any_runs(seen):
            return NOTHING_RUNS
        if phase in (Phase.STARTING, Phase.CHECKING) or (phase is Phase.LIVE and self.rollout.plan.first):
            return NOTHING_KNOWN
        durations = Durations(
            drain=self._deregistration_delay(seen) or 0,
            stop=self.rollout.plan.base.stop_seconds,
            bake=seen.state.settings.bake_minutes * 60,
        )
        return durations.until_complete if phase is Phase.LIVE else durations.until_taken_back

    def _any_runs(self, seen: Observation) -> bool:
        ours = seen.state.deployment(self.rollout.deployment_id)
        return ours is not None and ours.running > 0

    def _drain_seconds(self, outcome: Outcome) -> int | None:
        """How long old tasks may still finish requests after `live`."""
        seen = self._observation
        if seen is None or outcome is not Outcome.LIVE or seen.status is DeploymentStatus.SUCCESSFUL:
            return None
        return self._deregistration_delay(seen)

    def _deregistration_delay(self, seen: Observation) -> int | None:
        """That of the group that serves. A failed read is tried again a few times, and ignored."""
        if isinstance(seen.routing, Serving) and self._drain is None and self._tries_to_read_drain:
            self._tries_to_read_drain -= 1
            with suppress(*AwsError):
                self._drain = deregistration_delay(self._clients.elbv2, seen.routing.target_group)
        return self._drain

    def _log_lines(self, outcome: Outcome) -> tuple[str, ...]:
        """The last log lines of the container that ended the newest failed task. A failed read is ignored."""
        if outcome.ok or self._observation is None or outcome is Outcome.SUPERSEDED:
            return ()
        ended = [failure for failure in self._observation.failures if failure.container is not None]
        if not ended:
            return ()
        failure = ended[-1]
        return last_lines(self._clients.logs, self.rollout.plan.base, failure.container or "", failure.task)


def _done_earlier(rollout: Rollout) -> Done:
    resumed = rollout.plan.resumed
    return Done(resumed.stopped_because, resumed.at_zero) if resumed else Done()
