"""A release from end to end: plan, write, watch, tell. Every verb that starts a deployment begins and ends here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from appdeploy.ledger.new_entry import opening_entry
from appdeploy.ledger.writer import LedgerWriter
from appdeploy.lock.session import Acquirer, LockSession, local_user, table_of
from appdeploy.model.clock import interruptible
from appdeploy.model.errors import Interrupted, Refused
from appdeploy.model.events import Emit, Ended, Finished, Planned
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Blocked, NoChange, ReleasePlan
from appdeploy.model.task_definition import registrable_fields
from appdeploy.release.autoscaling_minimum import apply_min_capacity
from appdeploy.release.image_retention import tag_released_images
from appdeploy.release.pre_deploy import PreDeployTasks
from appdeploy.release.rollout import register, update
from appdeploy.release.sequence import ReleaseSequence, Steps
from appdeploy.rollback.late_details import read_late_details
from appdeploy.settings.apply import SettingsWriter, with_settings, with_settings_restored
from appdeploy.watch.judge import Policy
from appdeploy.watch.late_writes import guarded
from appdeploy.watch.poller import Poller
from appdeploy.watch.revert import UNTIL_COMPLETE, RevertWatch
from appdeploy.watch.service_watch import ServiceWatch

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.ledger_entry import Entry

T = TypeVar("T")


@dataclass(frozen=True)
class WatchOptions:
    """How a release is followed."""

    policy: Policy
    timeout: float
    """Seconds to watch."""
    revert_on_interrupt: bool = False
    """Whether Ctrl-C asks ECS for the way back instead of only ending the watch."""


def run_release(
    prepare: Callable[[], ReleasePlan],
    watching: WatchOptions,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    line: Acquirer,
) -> tuple[ServiceResult, ...]:
    """Make a plan, carry it out and follow it to its outcome, one result per service in the plan's order.

    Raises Refused and Locked before anything is changed, LockLost when somebody took the environment's lock over,
    OutOfReach when AWS falls silent while the first writes are sent, and Interrupted on Ctrl-C or SIGTERM; its message
    says whether something was changed.
    """
    plan, obstacle = _first_plan(prepare, line, clock)
    emit(Planned(plan))
    begun = clock.now()
    if plan.changed or plan.is_open:
        opening = _opening(plan)
        with _before_anything(clock, lambda: line.acquire(plan, opening)) as turn:
            book = LedgerWriter(turn, table_of(plan), opening)
            if turn.waited or obstacle:  # The release before us has changed things.
                plan = _plan_again(plan, prepare, book, clock)
                emit(Planned(plan))
            results = _carry_out(replace(plan, fence=turn.fence), watching, clients, turn, book, clock, emit)
            book.finish(results)
        tag_released_images(clients.ecr, plan, results, emit)
    else:
        results = tuple(_finish(plan.no_changes, emit))
    apply_min_capacity(clients.autoscaling, plan, results, emit)
    emit(Ended(plan, results, clock.now() - begun))
    return results


def _opening(plan: ReleasePlan) -> Entry:
    return plan.entry or opening_entry(plan, plan.caller or local_user())


def _plan_again(plan: ReleasePlan, prepare: Callable[[], ReleasePlan], book: LedgerWriter, clock: Clock) -> ReleasePlan:
    """A plan from what is there now, under the same id."""
    try:
        again = replace(_before_anything(clock, prepare), release_id=plan.release_id)
    except Refused as error:
        if plan.entry is None:  # What is resumed has begun, so that it is not as before: it stays open.
            book.finish(_refused(plan, error))
        raise
    book.replace(_opening(again))
    return again


def _refused(plan: ReleasePlan, error: Refused) -> list[ServiceResult]:
    cause = "; ".join(error.lines)
    return [ServiceResult(service.contract.name, Outcome.REFUSED, "as before", cause) for service in plan.changed]


def _first_plan(prepare: Callable[[], ReleasePlan], line: Acquirer, clock: Clock) -> tuple[ReleasePlan, bool]:
    """The plan, and whether something is in its way that is worth standing in line for: another release at work."""
    try:
        return _before_anything(clock, prepare), False
    except Blocked as obstacle:
        if _before_anything(clock, partial(line.is_free, obstacle.plan)):
            raise
        return obstacle.plan, True


def _before_anything(clock: Clock, step: Callable[[], T]) -> T:
    """A step before the first write: interrupted here, a release has changed nothing."""
    try:
        with interruptible(clock):
            return step()
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted; nothing was changed") from None


def _carry_out(
    plan: ReleasePlan, watching: WatchOptions, clients: Clients, turn: LockSession, book: LedgerWriter, clock: Clock, emit: Emit
) -> tuple[ServiceResult, ...]:
    writer = SettingsWriter(clients.once, clock, turn.confirm, plan, book, emit)
    try:
        with interruptible(clock):
            return _in_order(plan, _go(plan, watching, clients, turn, book, clock, emit, writer))
    except (KeyboardInterrupt, Interrupted):
        touched = writer.touched_a_service or any(service.resumed for service in plan.changed)
        raise Interrupted(_goes_on(plan) if touched else _not_begun(plan)) from None


def _go(
    plan: ReleasePlan,
    watching: WatchOptions,
    clients: Clients,
    turn: LockSession,
    book: LedgerWriter,
    clock: Clock,
    emit: Emit,
    writer: SettingsWriter,
) -> Iterable[ServiceResult]:
    begun = clock.now()
    early = _finish(plan.no_changes, emit)
    registration = register(plan, writer, registrable_fields(clients.ecs), book, emit)
    for result in registration.results:
        emit(Finished(result))
    if registration.results:
        return [*early, *registration.results]
    before = PreDeployTasks(plan, registration.revisions, clients, writer, clock, book, emit)
    acts = Steps(
        pre_deploy=before.run,
        start=lambda services: read_late_details(
            with_settings(plan, writer, lambda: update(plan, services, registration.revisions, writer, book, emit)),
            clients,
            book,
            emit,
        ),
        watch=lambda rollouts: with_settings_restored(
            guarded(rollouts, clients.once, writer, watching.policy, turn, book, clock), writer, clients.once
        ),
        revert=lambda watch, cause: RevertWatch(
            watch, cause, lambda rollout: ServiceWatch(rollout, clients.once, writer, UNTIL_COMPLETE, book), writer, book
        ),
        lock_is_lost=turn.is_lost,
        poller=lambda silent: Poller(clients.once.ecs, clock, emit, started_at=begun, timeout=watching.timeout, silent=silent),
    )
    course = ReleaseSequence(plan, acts, clock, emit, back_on_interrupt=watching.revert_on_interrupt)
    return [*early, *course.run(early)]


def _finish(untouched: Sequence[NoChange], emit: Emit) -> list[ServiceResult]:
    results = [_unchanged(service) for service in untouched]
    for result in results:
        emit(Finished(result))
    return results


def _unchanged(service: NoChange) -> ServiceResult:
    cause = None if service.outcome is Outcome.UNCHANGED else service.reason
    return ServiceResult(service.contract.name, service.outcome, f"{service.reason}; nothing was changed", cause)


def _in_order(plan: ReleasePlan, results: Iterable[ServiceResult]) -> tuple[ServiceResult, ...]:
    by_name = {result.service: result for result in results}
    return tuple(by_name[service.contract.name] for service in plan.services)


def _goes_on(plan: ReleasePlan) -> str:
    return f"stopped watching; {plan.release_id} goes on in AWS: {_resume(plan)} watches it again"


def _not_begun(plan: ReleasePlan) -> str:
    return f"interrupted; no service was changed: {_resume(plan)} carries it on"


def _resume(plan: ReleasePlan) -> str:
    return f"appdeploy resume -e {plan.environment} {plan.release_id}"
