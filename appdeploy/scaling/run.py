"""Carries out `appdeploy scale`: autoscaling, count, watch, under the environment's lock.

Everything that it sends may be sent twice without harm, so that a command that was killed is resumed by doing it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.ledger.locked_change import Confirmation, ReleaseContext, run_locked
from appdeploy.ledger.new_entry import opening_entry
from appdeploy.lock.session import Acquirer, LockSession, local_user, table_of
from appdeploy.model.clock import interruptible
from appdeploy.model.ecs_state import ServiceName
from appdeploy.model.errors import Interrupted, OutOfReach, Refused
from appdeploy.model.events import CountStep, Emit, Event, Finished, Planned
from appdeploy.model.ledger_entry import Entry, StepKind
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.words import resume_command, tasks
from appdeploy.scaling.hold import Hold, HoldStore
from appdeploy.scaling.plan import ScalePlan, notes
from appdeploy.scaling.read import Prepared
from appdeploy.scaling.target import set_suspended
from appdeploy.scaling.watch import CountWatch, tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.plan import Blocked, ReleasePlan


def run_scale(
    prepare: Callable[[], Prepared],
    timeout: float,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    acquirer: Acquirer,
    confirmation: Confirmation | None = None,
) -> ServiceResult:
    """Change a count and follow it to its outcome. `timeout` is in seconds.

    Raises what `run_locked` does.
    """
    [result] = run_locked(ScaleChange(prepare, timeout, emit), acquirer, clients, clock, emit, confirmation)
    return result


@dataclass(frozen=True)
class ScaleChange:
    """Another count as a change under the environment's lock."""

    make_plan: Callable[[], Prepared]
    timeout: float
    emit: Emit

    def prepare(self, earlier: Prepared | None) -> Prepared:
        """See LockedChange."""
        return self.make_plan()

    def when_blocked(self, blocked: Blocked) -> Prepared:
        """See LockedChange."""
        raise blocked  # A change of a count waits in the lock alone.

    def plan_of(self, prepared: Prepared) -> ReleasePlan:
        """See LockedChange."""
        return prepared.plan

    def announce(self, prepared: Prepared) -> Iterable[Event]:
        """See LockedChange."""
        yield Planned(prepared.plan)
        yield from notes(prepared.scale, prepared.plan.environment)

    def has_work(self, prepared: Prepared) -> bool:
        """See LockedChange."""
        return prepared.plan.entry is not None or not prepared.scale.steady

    def opening(self, prepared: Prepared) -> Entry:
        """See LockedChange."""
        plan = prepared.plan
        return _reopened(plan.entry, plan.caller) if plan.entry else opening_entry(plan, plan.caller or local_user())

    def unchanged(self, prepared: Prepared) -> list[ServiceResult]:
        """See LockedChange."""
        state = prepared.scale.current.state
        assert state is not None, "a plan is made of a service that exists"
        serving = f"{tasks_of(state)} run already; nothing was changed"
        return [self._finished(ServiceResult(prepared.scale.name, Outcome.UNCHANGED, serving))]

    def refused(self, prepared: Prepared, error: Refused) -> list[ServiceResult] | None:
        """See LockedChange."""
        if prepared.plan.entry is not None:
            return None
        plan = prepared.scale
        return [ServiceResult(plan.name, Outcome.REFUSED, f"{tasks(plan.previous)} desired, unchanged", "; ".join(error.lines))]

    def carry_out(self, prepared: Prepared, context: ReleaseContext) -> list[ServiceResult]:
        """See LockedChange."""
        scale, started = prepared.scale, context.clock.now()
        if prepared.superseded:
            result = ServiceResult(scale.name, Outcome.SUPERSEDED, f"{tasks(scale.previous)} desired", prepared.superseded)
            return [self._finished(result)]
        try:
            with interruptible(context.clock):
                result = _Steps(scale, prepared.plan, context, self.timeout).run()
        except (KeyboardInterrupt, Interrupted):
            plan = prepared.plan
            carries_on = f"{resume_command(plan.environment, plan.release_id)} carries {plan.release_id} on"
            raise Interrupted(f"stopped; what was sent continues in AWS: {carries_on}") from None
        return [self._finished(replace(result, seconds=context.clock.now() - started))]

    def after_unlock(self, prepared: Prepared, results: Sequence[ServiceResult]) -> None:
        """See LockedChange."""

    def _finished(self, result: ServiceResult) -> ServiceResult:
        self.emit(Finished(result))
        return result


class _Steps:
    """What changes AWS, step by step."""

    def __init__(self, scale: ScalePlan, plan: ReleasePlan, context: ReleaseContext, timeout: float) -> None:
        self._scale = scale
        self._plan = plan
        self._context = context
        self._timeout = timeout

    def run(self) -> ServiceResult:
        """All that the plan says, and the watch."""
        try:
            self._set_autoscaling()
            return self._set_count()
        except WriteRefused as error:
            scale = self._scale
            return ServiceResult(scale.name, Outcome.REFUSED, f"{tasks(scale.previous)} desired, unchanged", str(error))

    def _set_autoscaling(self) -> None:
        scale, clients, session, ledger = self._scale, self._context.clients, self._context.session, self._context.ledger
        holds = HoldStore(clients.dynamodb, table_of(self._plan))
        if scale.hold_until:
            ledger.step_starting(StepKind.HOLD, scale.name)
            with _definite(session, "autoscaling could not be suspended"):
                set_suspended(clients.autoscaling, scale.current.contract, True)
            with _definite(session, "autoscaling is suspended, and the hold could not be recorded"):
                holds.put(scale.name, _hold(scale, self._plan))
            self._done(StepKind.HOLD)
        elif scale.releases_hold:
            ledger.step_starting(StepKind.RELEASE_HOLD, scale.name)
            with _definite(session, "autoscaling could not be resumed"):
                set_suspended(clients.autoscaling, scale.current.contract, False)
                holds.end(scale.name)
            self._done(StepKind.RELEASE_HOLD)

    def _done(self, step: Literal[StepKind.HOLD, StepKind.RELEASE_HOLD, StepKind.SET_COUNT]) -> None:
        self._context.ledger.step_finished(step, self._scale.name)
        self._context.emit(CountStep(self._scale.name, step))

    def _set_count(self) -> ServiceResult:
        scale, context = self._scale, self._context
        if scale.count is None:
            return ServiceResult(scale.name, Outcome.LIVE, f"{tasks(scale.previous)} desired; autoscaling decides again")
        service, ecs = ServiceName(self._plan.cluster, scale.current.contract.service), context.clients.once.ecs
        if scale.count != scale.previous and not context.ledger.entry.last_finished_step(StepKind.SET_COUNT, scale.name):
            context.ledger.step_starting(StepKind.SET_COUNT, scale.name)
            EcsWriter(ecs, context.clock, context.session.confirm).set_count(service, scale.count)
            self._done(StepKind.SET_COUNT)
        return CountWatch(ecs, context.clock, context.emit, self._timeout).run(scale.name, service, scale.count)


@contextmanager
def _definite(session: LockSession, what: str) -> Iterator[None]:
    """Send while the lock is ours. Raises WriteRefused for a definite no, OutOfReach when the answer is not known."""
    session.confirm()
    try:
        yield
    except AwsError as error:
        kind = OutOfReach if is_transient(error) else WriteRefused
        raise kind(f"{what}: {explain(error)}") from None


def _hold(scale: ScalePlan, plan: ReleasePlan) -> Hold:
    assert scale.hold_until is not None, "only a plan that holds makes a hold"
    return Hold(scale.hold_until.isoformat(), plan.caller or local_user(), plan.reason or "", plan.release_id)


def _reopened(entry: Entry, caller: str | None) -> Entry:
    """The entry with what an interruption left undone marked so."""
    again = entry.with_open_steps_interrupted().with_step_started(StepKind.RESUME, why=caller)
    again = again.with_step_finished(StepKind.RESUME)
    return again.model_copy(update={"version": entry.version + 1, "reported": None})
