"""One poller for all services of a release: one DescribeServices for the ten that are due first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from appdeploy.aws.current_state import DESCRIBE_SERVICES_LIMIT, describe_services
from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import UNREACHABLE_SECONDS
from appdeploy.model.clock import Clock
from appdeploy.model.events import (
    AwsReachable,
    AwsUnreachable,
    Emit,
    Event,
    Finished,
    NotWatched,
    Phase,
    Progress,
    StillInProgress,
    WatchedAgain,
)
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.rollout import Rollout
from appdeploy.watch.pace import Pace
from appdeploy.watch.service_watch import Tick

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.clock import Clock
    from appdeploy.model.ecs_state import ServiceState
    from appdeploy.model.rollout import Rollout

_FIRST_TROUBLE_PAUSE = 2.0
_LONGEST_TROUBLE_PAUSE = 5.0
"""Seconds between two tries to read while AWS does not answer."""
_SHORTEST_TROUBLE_SECONDS = 10.0
"""How long reads of one service may fail before that is said: a single failure is usual."""
_REMINDER_SECONDS = 60.0
"""How often what has not changed is said again: someone who reads a pipe or a CI log must see that it goes on."""


class Watch(Protocol):
    """Watches one service's rollout, tick by tick."""

    @property
    def rollout(self) -> Rollout:
        """What is watched now."""

    def tick(self, state: ServiceState) -> Tick:
        """Observe once. Transient errors of the SDK are raised; the same tick can be repeated."""

    def give_up(self, cause: str) -> ServiceResult:
        """The outcome when watching ends before the rollout does."""

    def service_missing(self) -> ServiceResult:
        """The outcome when the service does not exist any more."""


W = TypeVar("W", bound=Watch)


@dataclass
class _Trouble:
    """Reads of one service that fail while others succeed."""

    since: float
    reason: str
    said_at: float | None = None


class _Shown(NamedTuple):
    """What was said last of a service's progress, and when."""

    at: float
    phase: Phase


class Poller:
    """Watches rollouts until each has an outcome or the timeout ends."""

    def __init__(self, ecs: ECSClient, clock: Clock, emit: Emit, *, started_at: float, timeout: float, silent: bool) -> None:
        """`started_at` is the clock's reading at the first write; `timeout` is in seconds from now.

        `silent` says that AWS has not answered since the first write: the unreachable time counts from there.
        """
        self._ecs = ecs
        self._clock = clock
        self._emit = emit
        self._started_at = started_at
        self._timeout = timeout
        self._deadline = clock.now() + timeout
        self._silent_since = started_at if silent else None
        self._trouble_pause = _FIRST_TROUBLE_PAUSE
        self._paces: dict[str, Pace] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._shown: dict[str, _Shown] = {}

    def run(self, watches: list[W], decided: Callable[[ServiceResult], None], enough: Callable[[], bool]) -> None:
        """Watch until all have an outcome, or until `enough` returns True; it is called after each tick.

        Watches with an outcome are removed from `watches`, and `decided` is called. After an interruption it can be
        called again with the remaining ones.
        """
        self._paces = {watch.rollout.name: Pace(self._clock.now()) for watch in watches}
        while watches:
            for watch, result in self._round(watches).items():
                timed = replace(result, seconds=self._clock.now() - self._started_at)
                decided(timed)  # First: an interruption while the rest is done loses no outcome.
                watches.remove(watch)
                self._emit(Finished(timed))
            if not watches or enough():
                return
            self._wait(watches)

    def extend(self, seconds: float) -> None:
        """Extend the timeout by time that was spent on something else."""
        self._deadline += seconds

    def _round(self, watches: Sequence[W]) -> Mapping[W, ServiceResult]:
        reason = self._time_is_up()
        if reason is None:
            return self._look(self._due_first(watches), calls=_calls_for(watches))
        decided = self._look(watches, calls=_calls_for(watches))
        # Only after a last tick: an outcome that ECS reached during the last pause is no timeout.
        return {watch: decided.get(watch) or watch.give_up(f"{reason}{self._unread(watch)}") for watch in watches}

    def _unread(self, watch: Watch) -> str:
        trouble = self._troubles.get(watch.rollout.name)
        return f"; it could not be watched: {trouble.reason}" if trouble else ""

    def _due_first(self, watches: Sequence[W]) -> Sequence[W]:
        """Those that are due, at least the next one, and whom else the same calls can read."""
        now = self._clock.now()
        in_order = sorted(watches, key=self._next_look)
        due = [watch for watch in in_order if self._next_look(watch) <= now] or in_order[:1]
        return in_order[: _calls_for(due) * DESCRIBE_SERVICES_LIMIT]

    def _next_look(self, watch: Watch) -> float:
        return self._paces[watch.rollout.name].next_look

    def _look(self, watches: Sequence[W], *, calls: int) -> Mapping[W, ServiceResult]:
        try:
            states = self._read(watches)
        except AwsError as error:
            return self._not_read(error, watches)
        self._answered()
        ticks = map_parallel(lambda watch: self._tick(watch, states), watches)
        for watch, tick in zip(watches, ticks, strict=True):
            for event in (*tick.events, *(() if tick.events or tick.result else self._reminder(watch))):
                self._emit(event)
                if isinstance(event, Progress):
                    self._shown[watch.rollout.name] = _Shown(self._clock.now(), event.phase)
        now = self._clock.now()
        for watch, tick in zip(watches, ticks, strict=True):
            self._paces[watch.rollout.name].looked(now, tick.awaited, changed=bool(tick.events), calls=calls)
        return {watch: tick.result for watch, tick in zip(watches, ticks, strict=True) if tick.result is not None}

    def _read(self, watches: Sequence[Watch]) -> dict[str, ServiceState]:
        names = [watch.rollout.service for watch in watches]
        return describe_services(self._ecs, names[0].cluster, [name.arn for name in names])

    def _tick(self, watch: Watch, states: Mapping[str, ServiceState]) -> Tick:
        state = states.get(watch.rollout.service.arn)
        if state is None:
            return Tick((), watch.service_missing())
        name = watch.rollout.name
        try:
            tick = watch.tick(state)
        except AwsError as error:
            if not is_transient(error):
                return Tick((), watch.give_up(f"it cannot be watched: {explain(error)}"))
            # DescribeServices answered, so only one operation failed: the next tick retries it.
            return Tick(tuple(self._failing(name, explain(error))))
        trouble = self._troubles.pop(name, None)
        return tick if trouble is None or trouble.said_at is None else replace(tick, events=(WatchedAgain(name), *tick.events))

    def _failing(self, name: str, reason: str) -> Iterator[Event]:
        now = self._clock.now()
        trouble = self._troubles.setdefault(name, _Trouble(now, reason))
        trouble.reason = reason
        due = trouble.since + _SHORTEST_TROUBLE_SECONDS if trouble.said_at is None else trouble.said_at + _REMINDER_SECONDS
        if now >= due:
            trouble.said_at = now
            yield NotWatched(name, reason, now - trouble.since)

    def _reminder(self, watch: Watch) -> Iterator[Event]:
        name, now = watch.rollout.name, self._clock.now()
        shown = self._shown.get(name)
        if shown is not None and now - shown.at >= _REMINDER_SECONDS and name not in self._troubles:
            self._shown[name] = _Shown(now, shown.phase)
            yield StillInProgress(name, shown.phase, now - self._started_at)

    def _not_read(self, error: BaseException, watches: Sequence[W]) -> Mapping[W, ServiceResult]:
        if not is_transient(error):
            return {watch: watch.give_up(f"it cannot be watched: {explain(error)}") for watch in watches}
        again = self._clock.now() + self._trouble_pause
        self._trouble_pause = min(self._trouble_pause * 2, _LONGEST_TROUBLE_PAUSE)
        for pace in self._paces.values():
            pace.next_look = again
        if self._silent_since is None:
            self._silent_since = self._clock.now()
            self._emit(AwsUnreachable(explain(error), UNREACHABLE_SECONDS))
        if self._clock.now() - self._silent_since < UNREACHABLE_SECONDS:
            return {}
        reason = f"no answer for {UNREACHABLE_SECONDS:.0f} s: {explain(error)}"
        return {watch: watch.give_up(reason) for watch in watches}

    def _answered(self) -> None:
        if self._silent_since is not None:
            self._silent_since = None
            self._trouble_pause = _FIRST_TROUBLE_PAUSE
            self._emit(AwsReachable())

    def _time_is_up(self) -> str | None:
        return f"not finished after {self._timeout:.0f} s" if self._clock.now() >= self._deadline else None

    def _wait(self, watches: Sequence[Watch]) -> None:
        moment = min(self._deadline, *map(self._next_look, watches))
        self._clock.sleep(max(0.0, moment - self._clock.now()))


def _calls_for(watches: Sequence[Watch]) -> int:
    """How many DescribeServices read them."""
    return -(-len(watches) // DESCRIBE_SERVICES_LIMIT)


class ForwardWatch(Watch, Protocol):
    """A watch of a rollout that may still be reverted."""

    @property
    def serving(self) -> bool:
        """Whether the last tick found all new tasks healthy in the serving target group."""

    @property
    def going_back(self) -> str | None:
        """Why it is being rolled back, by us or by ECS; None while it may still succeed."""

    def start_revert(self, why: str) -> None:
        """From the next tick on, ask ECS to roll back."""
