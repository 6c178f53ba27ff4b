"""A release from end to end: plan, write, watch, tell. Every verb that starts a deployment begins and ends here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from appdeploy.errors import Interrupted
from appdeploy.events import Emit, Ended, Finished, Planned
from appdeploy.lock.turn import Line, Turn
from appdeploy.outcome import Outcome, ServiceResult
from appdeploy.plan import Obstructed, ReleasePlan, Untouched
from appdeploy.rollback.recall import recall
from appdeploy.rollout import begin
from appdeploy.task_definition import registrable_fields
from appdeploy.watch.guard import guarded
from appdeploy.watch.judge import Policy
from appdeploy.watch.poller import Poller
from appdeploy.writes import EcsWriter

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock

T = TypeVar("T")


@dataclass(frozen=True)
class Watching:
    """How a release is followed."""

    policy: Policy
    timeout: float
    """Seconds to watch."""


def run_release(
    prepare: Callable[[], ReleasePlan],
    watching: Watching,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    line: Line,
) -> tuple[ServiceResult, ...]:
    """Make a plan, carry it out and follow it to its outcome, one result per service in the plan's order.

    Raises Refused and Locked before anything is changed, LockLost when somebody took the environment's lock over,
    OutOfReach when AWS falls silent while the first writes are sent, and Interrupted on Ctrl-C or SIGTERM; its message
    says whether something was changed.
    """
    plan, obstacle = _first_plan(prepare, line)
    emit(Planned(plan))
    begun = clock.now()
    if plan.changed:
        with _before_anything(lambda: line.take(plan)) as turn:
            if turn.waited or obstacle:  # The release before us has changed things.
                plan = replace(_before_anything(prepare), release_id=plan.release_id)
                emit(Planned(plan))
            results = _carry_out(replace(plan, fence=turn.fence), watching, clients, turn, clock, emit)
    else:
        results = tuple(_finish(plan.untouched, emit))
    emit(Ended(plan, results, clock.now() - begun))
    return results


def _first_plan(prepare: Callable[[], ReleasePlan], line: Line) -> tuple[ReleasePlan, bool]:
    """The plan, and whether something is in its way that is worth standing in line for: another release at work."""
    try:
        return _before_anything(prepare), False
    except Obstructed as obstacle:
        if _before_anything(partial(line.is_free, obstacle.plan)):
            raise
        return obstacle.plan, True


def _before_anything(step: Callable[[], T]) -> T:
    """A step before the first write: interrupted here, a release has changed nothing."""
    try:
        return step()
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted; nothing was changed") from None


def _carry_out(
    plan: ReleasePlan, watching: Watching, clients: Clients, turn: Turn, clock: Clock, emit: Emit
) -> tuple[ServiceResult, ...]:
    begun = clock.now()
    writer = EcsWriter(clients.once.ecs, clock, turn.confirm)
    try:
        early = _finish(plan.untouched, emit)
        beginning = recall(begin(plan, writer, registrable_fields(clients.ecs), emit), clients, emit)
        for result in beginning.results:
            emit(Finished(result))
        watches = guarded(beginning.rollouts, clients.once, writer, watching.policy, turn, clock)
        silent = any(result.outcome is Outcome.TIMED_OUT for result in beginning.results)
        poller = Poller(clients.once.ecs, clock, emit, begun=begun, timeout=watching.timeout, silent=silent)
        return _in_order(plan, [*early, *beginning.results, *poller.run(watches)])
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(_goes_on(plan) if writer.touched_a_service else "interrupted; no service was changed") from None


def _finish(untouched: Sequence[Untouched], emit: Emit) -> list[ServiceResult]:
    results = [_unchanged(service) for service in untouched]
    for result in results:
        emit(Finished(result))
    return results


def _unchanged(service: Untouched) -> ServiceResult:
    return ServiceResult(service.contract.name, Outcome.UNCHANGED, f"{service.because}; nothing was changed")


def _in_order(plan: ReleasePlan, results: Sequence[ServiceResult]) -> tuple[ServiceResult, ...]:
    by_name = {result.service: result for result in results}
    return tuple(by_name[service.contract.name] for service in plan.services)


def _goes_on(plan: ReleasePlan) -> str:
    return f"stopped watching; {plan.release_id} goes on in AWS: see it with appdeploy status -e {plan.environment}"
