"""The skeleton of every change of an environment: planned, under the environment's lock, with an entry in the ledger, shown.

A kind of change (a release, another count) implements `LockedChange`; what the lock, the ledger, waiting and interruptions
need is done here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from appdeploy.ledger.writer import LedgerWriter
from appdeploy.lock.session import Acquirer, LockSession, table_of
from appdeploy.model.clock import interruptible
from appdeploy.model.errors import Interrupted, Refused
from appdeploy.model.events import Emit, Ended, Event
from appdeploy.model.plan import Blocked
from appdeploy.model.words import resume_command

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.model.outcome import ServiceResult
    from appdeploy.model.plan import ReleasePlan

P = TypeVar("P")


@dataclass(frozen=True)
class ReleaseContext:
    """With what a change is carried out, and under which lock and entry."""

    clients: Clients
    clock: Clock
    emit: Emit
    session: LockSession
    ledger: LedgerWriter


class LockedChange(Protocol[P]):
    """One kind of change. `P` is its plan, with whatever the kind needs beside it."""

    def prepare(self, earlier: P | None) -> P:
        """Read and decide; nothing is changed. `earlier` is the plan from before the command waited for the lock.

        Raises Refused; Blocked where waiting for the lock may help.
        """

    def when_blocked(self, blocked: Blocked) -> P:
        """The plan that is blocked; it is made again under the lock."""

    def plan_of(self, prepared: P) -> ReleasePlan:
        """What the lock, the ledger and the outputs know of it."""

    def announce(self, prepared: P) -> Iterable[Event]:
        """The events that show the plan, before anything is changed."""

    def has_work(self, prepared: P) -> bool:
        """Whether anything is to be sent or recorded; if not, the lock is not taken."""

    def opening(self, prepared: P) -> Entry:
        """The entry, with its first step about to be done."""

    def unchanged(self, prepared: P) -> Sequence[ServiceResult]:
        """The results of a plan without work."""

    def refused(self, prepared: P, error: Refused) -> Sequence[ServiceResult] | None:
        """The results when the second plan was refused under the lock; None where the entry stays open, to be resumed."""

    def carry_out(self, prepared: P, context: ReleaseContext) -> Sequence[ServiceResult]:
        """All steps, to the results of all services."""

    def after_unlock(self, prepared: P, results: Sequence[ServiceResult]) -> None:
        """What is done once others may work again. It cannot change the outcome."""


class Confirmation(Protocol):
    """A person's consent to a plan."""

    def ask(self, plan: ReleasePlan) -> bool:
        """Before the lock is taken, so that no other command waits for the answer. Whether a person was asked.

        Raises Refused without consent.
        """

    def check(self, plan: ReleasePlan) -> None:
        """Under the lock, for a plan made again. Raises Refused if this is not what was confirmed."""


def run_locked(
    change: LockedChange[P],
    acquirer: Acquirer,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    confirmation: Confirmation | None = None,
) -> tuple[ServiceResult, ...]:
    """Plan a change, carry it out under the lock and follow it to its outcome: one result per service.

    Raises Refused and Locked before anything is changed, LockLost when another command has taken the lock, OutOfReach when AWS
    does not answer while something is sent, and Interrupted on Ctrl-C or SIGTERM; its message says whether anything was
    changed.
    """
    with _ending(clock, "interrupted; nothing was changed"):
        prepared, blocked = _prepare_first(change, acquirer)
        _show(change, prepared, emit)
        asked = confirmation is not None and change.has_work(prepared) and confirmation.ask(change.plan_of(prepared))
        started = clock.now()
        opening = change.opening(prepared) if change.has_work(prepared) else None
        acquired = acquirer.acquire(change.plan_of(prepared), opening) if opening else None
    results: tuple[ServiceResult, ...] = ()
    if acquired is None or opening is None:
        results = tuple(change.unchanged(prepared))
    else:
        try:
            with interruptible(clock), acquired as session:
                ledger = LedgerWriter(session, table_of(change.plan_of(prepared)), opening)
                # The release before this one has changed things, or anything has while a person was thinking.
                if session.waited or blocked or asked:
                    with _ending(clock, not_started(change.plan_of(prepared))):
                        prepared = _prepare_again(change, prepared, ledger, confirmation)
                        _show(change, prepared, emit)
                context = ReleaseContext(clients, clock, ledger.noting_live(emit), session, ledger)
                results = tuple(change.carry_out(prepared, context))
                ledger.finish(results)
        except KeyboardInterrupt:  # While nothing has ended, it is carry_out that says what goes on.
            if not results:
                raise
            raise Interrupted(_ended(change.plan_of(prepared), results)) from None
    with _ending(clock, _ended(change.plan_of(prepared), results)):
        change.after_unlock(prepared, results)
        emit(Ended(change.plan_of(prepared), results, clock.now() - started))
    return results


def _prepare_first(change: LockedChange[P], acquirer: Acquirer) -> tuple[P, bool]:
    """The plan, and whether a running release blocks it, so that it is worth waiting."""
    try:
        return change.prepare(None), False
    except Blocked as blocked:
        if acquirer.is_free(blocked.plan):
            raise
        return change.when_blocked(blocked), True


def _prepare_again(change: LockedChange[P], earlier: P, ledger: LedgerWriter, confirmation: Confirmation | None) -> P:
    """A plan from what is there now, under the same id."""
    try:
        again = change.prepare(earlier)
        if confirmation is not None:
            confirmation.check(change.plan_of(again))
    except Refused as error:
        results = change.refused(earlier, error)
        if results is not None:
            ledger.finish(results)
        raise
    ledger.replace(change.opening(again))
    return again


def _show(change: LockedChange[P], prepared: P, emit: Emit) -> None:
    for event in change.announce(prepared):
        emit(event)


def not_started(plan: ReleasePlan) -> str:
    """How a change ends that is interrupted under the lock, before anything was sent."""
    return f"interrupted; no service was changed: {resume_command(plan.environment, plan.release_id)} carries it on"


def _ended(plan: ReleasePlan, results: Iterable[ServiceResult]) -> str:
    outcomes = ", ".join(f"{result.service} {result.outcome.value}" for result in results)
    return f"interrupted; {plan.release_id} had ended: {outcomes}"


@contextmanager
def _ending(clock: Clock, line: str) -> Iterator[None]:
    """Steps of which an interruption ends the command with that line, so that it says what was changed."""
    try:
        with interruptible(clock):
            yield
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(line) from None
