"""Reverts late writes: calls that a release had in flight when a rollback took its lock, and that ECS cannot reject.

For one lease after the takeover, on our own clock, a deployment of a revision with a lower fence than ours is a late
write. Until the lease has ended no service is reported live (docs/adr/013-late-writes.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.writes import WriteRefused
from appdeploy.lock.lease import LEASE_SECONDS
from appdeploy.model.ecs_state import DeploymentSnapshot
from appdeploy.model.errors import OutOfReach
from appdeploy.model.events import LateWriteReverted, WatchingForLateWrites
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.task_definition import FENCE_TAG, name_of
from appdeploy.watch.pace import SOON
from appdeploy.watch.service_watch import ServiceWatch, Tick

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.aws.clients import OnceClients
    from appdeploy.aws.writes import EcsWriter
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.lock.session import LockSession
    from appdeploy.model.clock import Clock
    from appdeploy.model.ecs_state import Deployment, ServiceState
    from appdeploy.model.rollout import Rollout
    from appdeploy.watch.judge import Policy

_DECIDED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.ROLLED_BACK, Outcome.ROLLED_BACK_BY_ECS})
"""Outcomes of our own deployment that a late write cannot cause."""


def guarded(
    rollouts: Sequence[Rollout],
    clients: OnceClients,
    writer: EcsWriter,
    policy: Policy,
    session: LockSession,
    ledger: LedgerWriter,
    clock: Clock,
) -> list[GuardedWatch]:
    """Watches of these rollouts; they revert late writes if the lock was taken from a release."""
    guard = LateWriteGuard(clients.ecs, session, clock)
    return [
        GuardedWatch(rollout, lambda rollout: ServiceWatch(rollout, clients, writer, policy, ledger), guard, writer, ledger)
        for rollout in rollouts
    ]


class LateWriteGuard:
    """Recognises late writes."""

    def __init__(self, ecs: ECSClient, session: LockSession, clock: Clock) -> None:
        self._ecs = ecs
        self._session = session
        self._clock = clock
        self._until: float | None = None
        self._fences: dict[str, int | None] = {}

    @property
    def preempted(self) -> str | None:
        """The release that the lock was taken from; None if it was free, or if that is not known."""
        release = self._session.taken_from
        if release is not None and self._until is None:  # Known late if the table did not answer.
            self._until = self._clock.now() + LEASE_SECONDS
        return release

    @property
    def without_lock(self) -> bool:
        """Whether we have no fence to compare with: the lock was unreachable."""
        return self._session.fence is None

    def retry_lock(self) -> None:
        """Try again to take the lock and to read its previous holder, if not known yet."""
        for _ in ("take the lock", "read who had it"):
            if self.without_lock:
                self._session.is_lost()

    @property
    def seconds_left(self) -> float:
        """For how many seconds a late write may still arrive; 0 if none can."""
        return max(0.0, self._until - self._clock.now()) if self._until is not None else 0.0

    def is_late_write(self, deployment: Deployment) -> bool:
        """Whether that deployment was started by an earlier lock holder. Errors of the SDK are raised."""
        own_fence, fence = self._session.fence, self._fence_of(deployment)
        if own_fence is None or fence is None or fence >= own_fence:
            return False
        # A later rollback also uses a revision with an old fence. It took the lock from us, so its write is not late.
        return not self._session.is_lost()

    def _fence_of(self, deployment: Deployment) -> int | None:
        if deployment.id not in self._fences:
            tag = describe_task_definition(self._ecs, deployment.task_definition).tags.get(FENCE_TAG, "")
            self._fences[deployment.id] = int(tag) if tag.isdecimal() else None
        return self._fences[deployment.id]


@dataclass(eq=False)
class GuardedWatch:
    """Watches one rollout to its outcome, and starts it again when a late write has replaced it."""

    rollout: Rollout
    make: Callable[[Rollout], ServiceWatch]
    guard: LateWriteGuard
    writer: EcsWriter
    ledger: LedgerWriter

    def __post_init__(self) -> None:
        self._watch = self.make(self.rollout)
        self._live: ServiceResult | None = None
        self._lease_ended = False
        self._reverting = False

    def tick(self, state: ServiceState) -> Tick:
        """As ServiceWatch.tick; `live` is reported when no late write can arrive any more."""
        lease_over = self.guard.preempted is not None and self.guard.seconds_left == 0
        tick = self._watch.tick(state)
        if tick.result is not None and tick.result.outcome is Outcome.LIVE:
            self.guard.retry_lock()
        release = self.guard.preempted
        decided = tick.result is not None and tick.result.outcome in _DECIDED
        if release is None or decided or self._lease_ended or self._reverting:
            return self._with_lock_hint(tick)
        newer = self._newer_deployment(state)
        if newer is not None and self._differs(newer) and self.guard.is_late_write(newer):
            return self._revert_late_write(state, newer, release)
        self._lease_ended = lease_over  # This state was read after the lease.
        if tick.result is not None and tick.result.outcome is Outcome.LIVE:
            return self._wait_out_lease(tick, tick.result, newer, release)
        self._live = None
        hinted = self._with_lock_hint(tick)
        return hinted if lease_over else replace(hinted, awaited=SOON)

    @property
    def serving(self) -> bool:
        """Whether the last tick found all new tasks healthy in the serving target group."""
        return self._watch.serves

    @property
    def going_back(self) -> str | None:
        """Why it is being rolled back, by us or by ECS; None while it may still succeed."""
        return self._watch.going_back

    def give_up(self, cause: str) -> ServiceResult:
        """The outcome when we stop watching before the end."""
        if self._live is None:
            return self._watch.give_up(cause)
        late = f"it is live, and a late write of {self.guard.preempted} may arrive for {self.guard.seconds_left:.0f} s more"
        return replace(self._live, outcome=Outcome.TIMED_OUT, cause=f"{cause}: {late}", final=False)

    def service_missing(self) -> ServiceResult:
        """The outcome when the service does not exist any more."""
        return self._watch.service_missing()

    def start_revert(self, why: str) -> None:
        """From the next tick on, ask ECS to roll back; late writes are not reverted any more."""
        self._reverting = True
        self._watch.start_revert(why)

    def _differs(self, newer: Deployment) -> bool:
        """Whether it runs another task definition: new tasks of our own target need no revert."""
        return newer.task_definition != self.rollout.task_definition

    def _newer_deployment(self, state: ServiceState) -> Deployment | None:
        """The deployment that replaced ours, unless ECS itself rolled back to a previous one."""
        primary, status = state.primary, self._watch.status
        known = {self.rollout.deployment_id, *self.rollout.plan.previous.snapshot.deployments}
        if primary is None or primary.id in known or (status is not None and status.is_rollback):
            return None
        return primary

    def _with_lock_hint(self, tick: Tick) -> Tick:
        """The same tick; a rollback without the lock adds that it cannot recognise a late write."""
        result = tick.result
        if result is None or result.outcome is not Outcome.SUPERSEDED or not self.guard.without_lock:
            return tick
        name = name_of(self.rollout.task_definition)
        unknown = f"without the lock it is unknown whether that was a late write: `rollback --to {name}` reverts it"
        return Tick(tick.events, replace(result, cause=f"{result.cause}; {unknown}"))

    def _wait_out_lease(self, tick: Tick, live: ServiceResult, newer: Deployment | None, release: str) -> Tick:
        if newer is not None:  # It came after ours was complete, so the judge does not check for it.
            return Tick((), self._watch.replaced(newer))
        if self._lease_ended:
            return tick
        waiting = () if self._live else (WatchingForLateWrites(self.rollout.name, release, self.guard.seconds_left),)
        self._live = live
        return Tick((*tick.events, *waiting), awaited=SOON)

    def _revert_late_write(self, state: ServiceState, newer: Deployment, release: str) -> Tick:
        target, late_target = name_of(self.rollout.task_definition), name_of(newer.task_definition)
        late = f"a late write of {release} started {late_target}"
        self.ledger.step_starting(StepKind.REVERT_LATE_WRITE, self.rollout.name, late)
        try:
            begun = self.writer.update(
                self.rollout.service,
                self.rollout.task_definition,
                known=DeploymentSnapshot.of(state),
                desired_count=None,
                force=state.task_definition == self.rollout.task_definition,
            )
        except WriteRefused as error:
            return Tick((), self._watch.result(Outcome.SUPERSEDED, f"{late}, and {target} could not be restored: {error}"))
        except OutOfReach as error:
            unknown = f"{late}; it is unknown whether {target} was restored: {error}"
            return Tick((), replace(self._watch.result(Outcome.TIMED_OUT, unknown), final=False))
        self.ledger.reverted_late_write(self.rollout.name, begun.id)
        self.rollout = replace(self.rollout, plan=self.rollout.plan.listed_before(begun.older), deployment_id=begun.id)
        self._watch, self._live = self.make(self.rollout), None
        return Tick(
            (LateWriteReverted(self.rollout.name, release, newer.task_definition, self.rollout.task_definition, begun.id),)
        )
