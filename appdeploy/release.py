"""A release from end to end: plan, write, watch, tell. Every verb that starts a deployment begins and ends here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.errors import Interrupted
from appdeploy.events import Emit, Ended, Finished, Planned
from appdeploy.outcome import Outcome, ServiceResult
from appdeploy.plan import ReleasePlan, Untouched
from appdeploy.rollout import begin
from appdeploy.task_definition import registrable_fields
from appdeploy.watch.judge import Policy
from appdeploy.watch.poller import Poller
from appdeploy.watch.service_watch import ServiceWatch
from appdeploy.writes import EcsWriter

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock


@dataclass(frozen=True)
class Watching:
    """How a release is followed."""

    policy: Policy
    timeout: float
    """Seconds to watch."""


def run_release(
    prepare: Callable[[], ReleasePlan], watching: Watching, clients: Clients, clock: Clock, emit: Emit
) -> tuple[ServiceResult, ...]:
    """Make a plan, carry it out and follow it to its outcome, one result per service in the plan's order.

    Raises Refused before anything is changed, OutOfReach when AWS falls silent while the first writes are sent, and
    Interrupted on Ctrl-C or SIGTERM; its message says whether something was changed.
    """
    try:
        plan = prepare()
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted; nothing was changed") from None
    emit(Planned(plan))
    begun = clock.now()
    writer = EcsWriter(clients.once.ecs, clock)
    try:
        results = _carry_out(plan, watching, clients, writer, clock, emit)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(_goes_on(plan) if writer.touched_a_service else "interrupted; no service was changed") from None
    emit(Ended(plan, results, clock.now() - begun))
    return results


def _carry_out(
    plan: ReleasePlan, watching: Watching, clients: Clients, writer: EcsWriter, clock: Clock, emit: Emit
) -> tuple[ServiceResult, ...]:
    begun = clock.now()
    early = [_unchanged(service) for service in plan.untouched]
    beginning = begin(plan, writer, registrable_fields(clients.ecs), emit)
    early.extend(beginning.results)
    for result in early:
        emit(Finished(result))
    watches = [ServiceWatch(rollout, clients.once, writer, watching.policy) for rollout in beginning.rollouts]
    silent = any(result.outcome is Outcome.TIMED_OUT for result in beginning.results)
    poller = Poller(clients.once.ecs, clock, emit, begun=begun, timeout=watching.timeout, silent=silent)
    return _in_order(plan, [*early, *poller.run(watches)])


def _unchanged(service: Untouched) -> ServiceResult:
    return ServiceResult(service.contract.name, Outcome.UNCHANGED, f"{service.because}; nothing was changed")


def _in_order(plan: ReleasePlan, results: Sequence[ServiceResult]) -> tuple[ServiceResult, ...]:
    by_name = {result.service: result for result in results}
    return tuple(by_name[service.contract.name] for service in plan.services)


def _goes_on(plan: ReleasePlan) -> str:
    return f"stopped watching; {plan.release_id} goes on in AWS: see it with appdeploy status -e {plan.environment}"
