"""Decides what `appdeploy scale` does. Pure: it takes what was read, and returns a plan or says why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from appdeploy.aws.current_state import on_template
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.errors import Refused
from appdeploy.scaling.hold import Hold
from appdeploy.scaling.target import Target


@dataclass(frozen=True)
class ScaleRequest:
    """What a person asked for. At least one of `count` and `release` is set."""

    count: int | None
    """How many tasks; None to leave the count alone."""
    hold: timedelta | None = None
    """How long autoscaling is to leave it alone."""
    release: bool = False
    """Whether autoscaling is to decide again."""


@dataclass(frozen=True)
class ScalingState:
    """How a service stands."""

    contract: ServiceContract
    state: ServiceState | None
    """None when ECS does not know the service."""
    target: Target | None
    """None when autoscaling does not know it."""
    policies: tuple[str, ...]
    hold: Hold | None


@dataclass(frozen=True)
class ScalePlan:
    """What will be done, in this order: suspend or let go, then set the count."""

    current: ScalingState
    previous: int
    count: int | None
    hold_until: datetime | None
    """When the hold ends that is made; None when none is."""
    releases_hold: bool
    """Whether autoscaling is to decide again: on request, or because a hold is hold_expired."""
    steady: bool
    """Whether nothing is to be done."""

    @property
    def name(self) -> str:
        """The service's short name."""
        return self.current.contract.name

    @property
    def suspended(self) -> bool:
        """Whether autoscaling leaves the count alone once all this is done."""
        target = self.current.target
        return self.hold_until is not None or (target is not None and target.suspended and not self.releases_hold)

    @property
    def purpose(self) -> str:
        """What it is for, in words that follow its id."""
        tasks = "" if self.count is None else f"{self.name} to {self.count} tasks"
        held = f"{tasks}, held until {formatted(self.hold_until)}" if self.hold_until else tasks
        return held or f"{self.name} back to autoscaling"


def formatted(moment: datetime) -> str:
    """A moment for people."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def plan_scale(environment: str, request: ScaleRequest, current: ScalingState, now: datetime) -> ScalePlan:
    """The plan. Raises Refused with one line that says what to do."""
    name, state, target = current.contract.name, _usable(environment, current), current.target
    if request.count is not None and target is not None:
        _check_bounds(name, request.count, target)
    if target is None and (request.hold or request.release):
        raise Refused(f"{name}: it is not scaled by autoscaling: nothing moves its count, and there is nothing to hold")
    hold_expired = current.hold is not None and current.hold.has_expired(now) and request.hold is None
    releases_hold = request.release or hold_expired
    count_reached = request.count in (None, state.desired) and state.running == state.desired
    until = now + request.hold if request.hold else None
    no_hold = target is None or not (target.suspended or current.hold)
    steady = count_reached and until is None and (no_hold if request.release else not hold_expired)
    return ScalePlan(current, state.desired, request.count, until, releases_hold, steady)


def _usable(environment: str, current: ScalingState) -> ServiceState:
    contract, state = current.contract, current.state
    if state is None or not state.active:
        raise Refused(f"{contract.name}: the service does not exist: run pulumi up for {environment} again")
    if on_template(contract, state.task_definition):
        raise Refused(f"{contract.name}: it was never released: its first release starts {contract.desired_count} tasks")
    if contract.scaling and current.target is None:
        raise Refused(f"{contract.name}: autoscaling does not know it: run pulumi up for {environment} again")
    return state


def _check_bounds(name: str, count: int, target: Target) -> None:
    """Outside of its bounds autoscaling would move the count back with its next activity, held or not."""
    if not target.minimum <= count <= target.maximum:
        raise Refused(
            f"{name}: {count} tasks are outside autoscaling's bounds, {target.minimum} to {target.maximum}: take a count within"
            " them, or change scaling in the stack file (pulumi up brings the maximum, appdeploy sync the minimum)"
        )


def remarks(plan: ScalePlan) -> tuple[str, ...]:
    """What autoscaling is going to do about it, in plain words."""
    target, hold = plan.current.target, plan.current.hold
    if target is None:
        return ("nothing but people moves its count",)
    bounds, by = f"{target.minimum} to {target.maximum} tasks", ", ".join(plan.current.policies) or "no policy"
    if plan.hold_until:
        return (f"autoscaling is suspended in both directions until appdeploy scale {plan.name} --release",)
    if plan.suspended:
        kept = f"held until {hold.until} by {hold.who}" if hold else "suspended, and no hold says by whom"
        return (f"autoscaling is {kept}, and stays so",)
    moves = "" if plan.count is None else ", and may move the count at its next decision; --hold DURATION keeps it"
    return (f"autoscaling keeps {bounds} by {by}{moves}",)
