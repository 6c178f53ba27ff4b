"""A release from end to end: read, plan, write, watch, tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.contract_reader import read_contract
from appdeploy.errors import Interrupted
from appdeploy.events import Emit, Ended, Finished, Planned
from appdeploy.live import read_live
from appdeploy.outcome import Outcome, ServiceResult
from appdeploy.plan import Change, ReleasePlan, ServicePlan, plan_release
from appdeploy.release_id import new_release_id
from appdeploy.rollout import begin
from appdeploy.task_definition import registrable_fields
from appdeploy.watch.judge import Policy
from appdeploy.watch.poller import Poller
from appdeploy.watch.service_watch import ServiceWatch
from appdeploy.writes import EcsWriter

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock

_KIND = "upgrade"


@dataclass(frozen=True)
class Request:
    """What a person asked to have released."""

    environment: str
    version: str
    services: tuple[str, ...]
    """Names; empty for all."""
    policy: Policy
    timeout: float
    """Seconds to watch."""


def release(request: Request, clients: Clients, clock: Clock, emit: Emit) -> tuple[ServiceResult, ...]:
    """Release a version and follow it to its outcome, one result per service in the contract's order.

    Raises Refused before anything is changed, OutOfReach when AWS falls silent while the first writes are sent, and
    Interrupted on Ctrl-C or SIGTERM; its message says whether something was changed.
    """
    try:
        plan = prepare(request, clients)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted; nothing was changed") from None
    emit(Planned(plan))
    begun = clock.now()
    writer = EcsWriter(clients.once.ecs, clock)
    try:
        results = _carry_out(plan, request, clients, writer, clock, emit)
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(_goes_on(plan) if writer.touched_a_service else "interrupted; no service was changed") from None
    emit(Ended(plan, results, clock.now() - begun))
    return results


def prepare(request: Request, clients: Clients) -> ReleasePlan:
    """Read everything and decide what to do; nothing is changed. Raises Refused."""
    contract = read_contract(clients, request.environment)
    services = contract.select(request.services)
    live = read_live(clients, contract, services, request.version)
    return plan_release(new_release_id(_KIND), contract.platform, request.version, live)


def _carry_out(
    plan: ReleasePlan, request: Request, clients: Clients, writer: EcsWriter, clock: Clock, emit: Emit
) -> tuple[ServiceResult, ...]:
    begun = clock.now()
    early = [_unchanged(service, plan.version) for service in plan.services if service.change is Change.NONE]
    beginning = begin(plan, writer, registrable_fields(clients.ecs), emit)
    early.extend(beginning.results)
    for result in early:
        emit(Finished(result))
    watches = [ServiceWatch(rollout, clients.once, writer, request.policy) for rollout in beginning.rollouts]
    silent = any(result.outcome is Outcome.TIMED_OUT for result in beginning.results)
    poller = Poller(clients.once.ecs, clock, emit, begun=begun, timeout=request.timeout, silent=silent)
    return _in_order(plan, [*early, *poller.run(watches)])


def _unchanged(service: ServicePlan, version: str) -> ServiceResult:
    return ServiceResult(service.contract.name, Outcome.UNCHANGED, f"{version} serves already; nothing was changed")


def _in_order(plan: ReleasePlan, results: Sequence[ServiceResult]) -> tuple[ServiceResult, ...]:
    by_name = {result.service: result for result in results}
    return tuple(by_name[service.contract.name] for service in plan.services)


def _goes_on(plan: ReleasePlan) -> str:
    return f"stopped watching; {plan.release_id} goes on in AWS: see it with appdeploy status -e {plan.platform.environment}"
