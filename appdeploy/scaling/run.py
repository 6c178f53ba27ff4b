"""Carries out `appdeploy scale`: lock, ledger, autoscaling, count, watch.

Everything that it sends may be sent twice without harm, so that a command that was killed is resumed by doing it again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.ledger.new_entry import bare_entry
from appdeploy.ledger.writer import LedgerWriter
from appdeploy.lock.session import Acquirer, LockSession, local_user, table_of
from appdeploy.model.clock import interruptible
from appdeploy.model.ecs_state import ServiceName
from appdeploy.model.errors import Interrupted, OutOfReach
from appdeploy.model.events import Emit, Ended, Finished, Note, Planned
from appdeploy.model.ledger_entry import CountChange, Entry, ServiceEntry, StepKind, VersionRef
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.scaling.hold import Hold, HoldStore
from appdeploy.scaling.plan import ScalePlan, remarks
from appdeploy.scaling.read import Prepared
from appdeploy.scaling.target import set_suspended
from appdeploy.scaling.watch import CountWatch, tasks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.plan import ReleasePlan


def run_scale(
    prepare: Callable[[], Prepared],
    timeout: float,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    line: Acquirer,
    entry: Entry | None = None,
) -> ServiceResult:
    """Change a count and follow it to its outcome. `entry` is that of a change that is carried on; `timeout` is in seconds.

    Raises Refused and Locked before anything is changed, LockLost when somebody took the lock, OutOfReach when AWS falls
    silent while something is sent, Interrupted on Ctrl-C or SIGTERM; its message says whether something was changed.
    """
    with _untouched(clock):
        prepared = prepare()
    _tell(prepared, emit)
    begun = clock.now()
    if prepared.scale.steady and entry is None:
        result = _steady(prepared.scale)
        emit(Finished(result))
    else:
        result = _locked(prepared, prepare, entry, Change(timeout, clients, clock, emit), line)
    emit(Ended(prepared.plan, (result,), clock.now() - begun))
    return result


def _tell(prepared: Prepared, emit: Emit) -> None:
    emit(Planned(prepared.plan))
    for remark in remarks(prepared.scale):
        emit(Note(prepared.scale.name, remark))


def _steady(plan: ScalePlan) -> ServiceResult:
    state = plan.current.state
    assert state is not None, "a plan is made of a service that is there"
    return ServiceResult(plan.name, Outcome.UNCHANGED, f"{tasks_of(state)} run already; nothing was changed")


def _locked(
    prepared: Prepared, prepare: Callable[[], Prepared], entry: Entry | None, change: Change, line: Acquirer
) -> ServiceResult:
    frame = prepared.plan
    opening = _reopened(entry, frame.caller) if entry else _opening(prepared)
    with _untouched(change.clock):
        turn = line.acquire(frame, opening)
    with turn:
        book = LedgerWriter(turn, table_of(frame), opening)
        if turn.waited:  # Whoever was at work before us may have changed the service.
            with _untouched(change.clock):
                prepared = prepare()
            _tell(prepared, change.emit)
            if entry is None:
                book.replace(_opening(prepared))
        result = change.carry_out(prepared, turn, book)
        book.finish([result])
    change.emit(Finished(result))
    return result


@contextmanager
def _untouched(clock: Clock) -> Iterator[None]:
    """A step before the first write: interrupted here, nothing has changed."""
    try:
        with interruptible(clock):
            yield
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted; nothing was changed") from None


class Change:
    """What changes AWS, step by step."""

    def __init__(self, timeout: float, clients: Clients, clock: Clock, emit: Emit) -> None:
        self.clock = clock
        self.emit = emit
        self._timeout = timeout
        self._clients = clients

    def carry_out(self, prepared: Prepared, turn: LockSession, book: LedgerWriter) -> ServiceResult:
        """All that the plan says, and the watch. The result is not told yet."""
        plan, frame, begun = prepared.scale, prepared.plan, self.clock.now()
        if prepared.superseded:
            return ServiceResult(plan.name, Outcome.SUPERSEDED, f"{plan.previous} tasks wanted", prepared.superseded)
        try:
            with interruptible(self.clock):
                result = self._steps(plan, frame, turn, book)
        except (KeyboardInterrupt, Interrupted):
            again = f"appdeploy resume -e {frame.environment} {frame.release_id}"
            raise Interrupted(f"stopped; what was sent goes on in AWS: {again} carries {frame.release_id} on") from None
        return replace(result, seconds=self.clock.now() - begun)

    def _steps(self, plan: ScalePlan, frame: ReleasePlan, turn: LockSession, book: LedgerWriter) -> ServiceResult:
        try:
            self._autoscaling(plan, frame, turn, book)
            return self._count(plan, frame, turn, book)
        except WriteRefused as error:
            return ServiceResult(plan.name, Outcome.REFUSED, f"{plan.previous} tasks wanted as before", str(error))

    def _autoscaling(self, plan: ScalePlan, frame: ReleasePlan, turn: LockSession, book: LedgerWriter) -> None:
        holds, contract = HoldStore(self._clients.dynamodb, table_of(frame)), plan.current.contract
        if plan.hold_until:
            book.step_starting(StepKind.HOLD, plan.name)
            with _definite(turn, "autoscaling could not be suspended"):
                set_suspended(self._clients.autoscaling, contract, True)
            with _definite(turn, "autoscaling is suspended, and the hold could not be recorded"):
                holds.put(plan.name, _hold(plan, frame))
            book.step_finished(StepKind.HOLD, plan.name)
        elif plan.releases_hold:
            book.step_starting(StepKind.RELEASE_HOLD, plan.name)
            with _definite(turn, "autoscaling could not be resumed"):
                set_suspended(self._clients.autoscaling, contract, False)
                holds.end(plan.name)
            book.step_finished(StepKind.RELEASE_HOLD, plan.name)

    def _count(self, plan: ScalePlan, frame: ReleasePlan, turn: LockSession, book: LedgerWriter) -> ServiceResult:
        if plan.count is None:
            return ServiceResult(plan.name, Outcome.LIVE, f"{plan.previous} tasks wanted, and autoscaling decides again")
        service = ServiceName(frame.cluster, plan.current.contract.service)
        if plan.count != plan.previous and not book.entry.last_finished_step(StepKind.SET_COUNT, plan.name):
            book.step_starting(StepKind.SET_COUNT, plan.name)
            EcsWriter(self._clients.once.ecs, self.clock, turn.confirm).set_count(service, plan.count)
            book.step_finished(StepKind.SET_COUNT, plan.name)
        return CountWatch(self._clients.once.ecs, self.clock, self.emit, self._timeout).run(plan.name, service, plan.count)


@contextmanager
def _definite(turn: LockSession, what: str) -> Iterator[None]:
    """Send while the lock is ours. Raises WriteRefused for a definite no, OutOfReach when the answer is not known."""
    turn.confirm()
    try:
        yield
    except AwsError as error:
        kind = OutOfReach if is_transient(error) else WriteRefused
        raise kind(f"{what}: {explain(error)}") from None


def _hold(plan: ScalePlan, frame: ReleasePlan) -> Hold:
    assert plan.hold_until is not None, "only a plan that holds makes a hold"
    return Hold(plan.hold_until.isoformat(), frame.caller or local_user(), frame.reason or "", frame.release_id)


def _opening(prepared: Prepared) -> Entry:
    plan, frame = prepared.scale, prepared.plan
    count = CountChange(previous=plan.previous, target=plan.count, hold_until=plan.hold_until, releases_hold=plan.releases_hold)
    service = ServiceEntry(
        service=plan.current.contract.service, change="count", previous=VersionRef(), target=VersionRef(), count=count
    )
    return bare_entry(frame, frame.caller or local_user(), {plan.name: service})


def _reopened(entry: Entry, caller: str | None) -> Entry:
    """The entry with what an interruption left undone marked so."""
    again = (
        entry.with_open_steps_interrupted().with_step_started(StepKind.RESUME, why=caller).with_step_finished(StepKind.RESUME)
    )
    return again.model_copy(update={"version": entry.version + 1, "reported": None})
