"""Plans `appdeploy scale`. Pure: takes what was read, and returns a plan or raises why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from appdeploy.aws.current_state import on_template
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.events import Note
from appdeploy.model.ledger_entry import CountChange
from appdeploy.model.words import moment, tasks
from appdeploy.scaling.hold import Hold
from appdeploy.scaling.target import Target


@dataclass(frozen=True)
class ScaleRequest:
    """What the user requested. At least one of `count` and `release` is set."""

    count: int | None
    """How many tasks; None to leave the count unchanged."""
    hold: timedelta | None = None
    """How long to suspend autoscaling."""
    release: bool = False
    """Whether to resume autoscaling."""


@dataclass(frozen=True)
class ScalingState:
    """A service's current count, autoscaling and hold."""

    contract: ServiceContract
    state: ServiceState | None
    """None if the service does not exist."""
    target: Target | None
    """None if it has no scalable target."""
    policies: tuple[str, ...]
    hold: Hold | None


@dataclass(frozen=True)
class ScalePlan:
    """What will be done, in this order: suspend or resume autoscaling, then set the count."""

    current: ScalingState
    previous: int
    count: int | None
    hold_until: datetime | None
    """When the new hold ends; None without a hold."""
    releases_hold: bool
    """Whether autoscaling is resumed: on request, or because a hold has expired."""
    steady: bool
    """Whether there is nothing to do."""

    @property
    def name(self) -> str:
        """The service's short name."""
        return self.current.contract.name

    @property
    def suspended(self) -> bool:
        """Whether autoscaling is suspended after this plan."""
        target = self.current.target
        return self.hold_until is not None or (target is not None and target.suspended and not self.releases_hold)

    @property
    def change(self) -> CountChange:
        """What the ledger keeps of it."""
        return CountChange(
            previous=self.previous, target=self.count, hold_until=self.hold_until, releases_hold=self.releases_hold
        )

    @property
    def purpose(self) -> str:
        """Its purpose, in words that follow its id."""
        target = "" if self.count is None else f"{self.name} to {tasks(self.count)}"
        held = f"{target}, held until {moment(self.hold_until)}" if self.hold_until else target
        return held or f"{self.name} back to autoscaling"


def plan_scale(environment: str, request: ScaleRequest, current: ScalingState, now: datetime) -> ScalePlan:
    """The plan. Raises Refused with one line that says what to do."""
    name, state, target = current.contract.name, _usable(environment, current), current.target
    if request.count is not None and target is not None:
        _check_bounds(environment, name, request.count, target)
    if target is None and (request.hold or request.release):
        raise Refused(f"{name}: it has no autoscaling, so its count changes only on request: --hold and --release do not apply")
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
        raise Refused(f"{contract.name}: it was never released: the first release starts {tasks(contract.desired_count)}")
    if contract.scaling and current.target is None:
        raise Refused(f"{contract.name}: it has no scalable target: run pulumi up for {environment} again")
    return state


def _check_bounds(environment: str, name: str, count: int, target: Target) -> None:
    """Refuse a count outside autoscaling's bounds: autoscaling would move it back, suspended or not."""
    if not target.minimum <= count <= target.maximum:
        raise Refused(
            f"{name}: a count of {count} is outside autoscaling's bounds, {target.minimum} to {target.maximum}: use one within"
            " them, or change scaling in the stack file (pulumi up writes it to the contract, and then"
            f" `appdeploy sync -e {environment} -s {name}` sets it)"
        )


def notes(plan: ScalePlan, environment: str) -> Iterator[Note]:
    """The same as events."""
    yield from (Note(plan.name, remark) for remark in remarks(plan, environment))


def remarks(plan: ScalePlan, environment: str) -> tuple[str, ...]:
    """What autoscaling will do, in words."""
    target, hold = plan.current.target, plan.current.hold
    if target is None:
        return ("the service has no autoscaling: its count changes only on request",)
    bounds, by = f"{target.minimum} to {target.maximum} tasks", ", ".join(plan.current.policies) or "no policy"
    if plan.hold_until:
        command = f"`appdeploy scale -e {environment} {plan.name} --release`"
        return (f"autoscaling is suspended in both directions until {command}",)
    if plan.suspended:
        state = f"suspended, held until {hold.until} by {hold.who}," if hold else "suspended without a recorded hold"
        return (f"autoscaling is {state} and stays so",)
    moves = "" if plan.count is None else ", and may change the count at its next evaluation; --hold DURATION prevents that"
    return (f"autoscaling keeps {bounds} by {by}{moves}",)
