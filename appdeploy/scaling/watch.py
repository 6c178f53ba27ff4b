"""Watches a service until the requested number of tasks runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_services
from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.writes import UNREACHABLE_SECONDS
from appdeploy.model.ecs_state import ServiceName, ServiceState
from appdeploy.model.events import AwsReachable, AwsUnreachable, Emit, TaskCount
from appdeploy.model.outcome import Outcome, ServiceResult

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.clock import Clock

PAUSE = 2.0
"""Seconds between two reads."""


def judge_count(name: str, target: int, state: ServiceState) -> ServiceResult | None:
    """The result; None while tasks are starting or stopping."""
    if state.desired != target:
        cause = f"the count was set to {state.desired} meanwhile, by autoscaling or manually"
        return ServiceResult(name, Outcome.SUPERSEDED, tasks_of(state), cause)
    if state.running == target and state.pending == 0:
        return ServiceResult(name, Outcome.LIVE, tasks_of(state))
    return None


def tasks_of(state: ServiceState) -> str:
    """How many tasks run, in words."""
    return f"{state.running} of {state.desired} tasks"


class CountWatch:
    """Reads every two seconds. A transient failure is retried for up to 30 seconds without an answer."""

    def __init__(self, ecs: ECSClient, clock: Clock, emit: Emit, timeout: float) -> None:
        """`timeout` is in seconds from now."""
        self._ecs = ecs
        self._clock = clock
        self._emit = emit
        self._timeout = timeout
        self._deadline = clock.now() + timeout
        self._silent_since: float | None = None
        self._shown: TaskCount | None = None

    def run(self, name: str, service: ServiceName, target: int) -> ServiceResult:
        """Watch until there is a result or the timeout ends."""
        while True:
            late = self._clock.now() >= self._deadline
            found = self._look(name, service, target)
            if isinstance(found, ServiceResult):
                return found
            if late:
                return self._given_up(name, f"not done after {self._timeout:.0f} s{self._trouble(found)}")
            self._clock.sleep(min(PAUSE, max(0.0, self._deadline - self._clock.now())))

    def _look(self, name: str, service: ServiceName, target: int) -> ServiceResult | ServiceState | None:
        try:
            state = describe_services(self._ecs, service.cluster, [service.arn]).get(service.arn)
        except AwsError as error:
            return self._silence(name, error)
        if self._silent_since is not None:
            self._silent_since = None
            self._emit(AwsReachable())
        if state is None:
            return ServiceResult(name, Outcome.FAILED, "nothing", "the service was deleted")
        self._show(TaskCount(name, state.running, state.desired))
        return judge_count(name, target, state) or state

    def _silence(self, name: str, error: BaseException) -> ServiceResult | None:
        if not is_transient(error):
            return self._given_up(name, f"it cannot be watched: {explain(error)}")
        if self._silent_since is None:
            self._silent_since = self._clock.now()
            self._emit(AwsUnreachable(explain(error), UNREACHABLE_SECONDS))
        if self._clock.now() - self._silent_since < UNREACHABLE_SECONDS:
            return None
        return self._given_up(name, f"no answer for {UNREACHABLE_SECONDS:.0f} s: {explain(error)}")

    def _given_up(self, name: str, cause: str) -> ServiceResult:
        seen = f"{self._shown.running} of {self._shown.desired} tasks" if self._shown else "not known"
        return ServiceResult(name, Outcome.TIMED_OUT, seen, cause, final=False)

    def _trouble(self, state: ServiceState | None) -> str:
        """ECS's newest event, which says why no task starts."""
        return f"; the newest event of ECS: {state.events[0].message}" if state and state.events else ""

    def _show(self, counted: TaskCount) -> None:
        if counted != self._shown:
            self._shown = counted
            self._emit(counted)
