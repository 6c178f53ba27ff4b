"""The course of a release: one group of services after the other, and back with all of them when one fails.

A group begins when the services before it are live; their completion is awaited at the end, for all together
(docs/adr/015-several-services.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from appdeploy.model.clock import Clock, interruptible
from appdeploy.model.errors import Interrupted
from appdeploy.model.events import Emit, Finished
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan
from appdeploy.model.rollout import Rollout, StartedRollouts, unchanged_serving
from appdeploy.watch.poller import ForwardWatch, Poller, Watch

_UNDECIDED = Outcome.TIMED_OUT
"""The time was up for us, not for ECS: what is still under way has not failed, and takes nobody back with it."""


@dataclass(frozen=True)
class Steps:
    """What a course does to the world."""

    pre_deploy: Callable[[Sequence[ServicePlan]], Sequence[ServiceResult]]
    """Run what has to run before these services are updated; the results of those that must not be updated then."""
    start: Callable[[Sequence[ServicePlan]], StartedRollouts]
    """Point these services at what they are to run."""
    watch: Callable[[Sequence[Rollout]], Sequence[ForwardWatch]]
    revert: Callable[[ForwardWatch, str], Watch]
    """The way back of a service, and why."""
    lock_is_lost: Callable[[], bool]
    """Whether it is somebody else's turn by now: then nobody is taken back."""
    poller: Callable[[bool], Poller]
    """Made once something is to be watched; takes whether AWS has been silent since the first write."""


class ReleaseSequence:
    """The way of one release whose revisions are registered, to the results of its services."""

    def __init__(self, plan: ReleasePlan, acts: Steps, clock: Clock, emit: Emit, *, back_on_interrupt: bool) -> None:
        self._plan = plan
        self._acts = acts
        self._clock = clock
        self._emit = emit
        self._back_on_interrupt = back_on_interrupt
        self._poller: Poller | None = None
        self._open: list[Watch] = []
        self._forward: dict[str, ForwardWatch] = {}
        self._results: dict[str, ServiceResult] = {}
        self._cause: str | None = None
        """Why all go back; None while they do not."""

    def run(self, told: Sequence[ServiceResult]) -> list[ServiceResult]:
        """Go the whole way. `told` are the results of services that need nothing; one that failed ends the way at once.

        Raises LockLost and OutOfReach when nothing may be sent, and Interrupted.
        """
        self._results = {result.service: result for result in told}
        groups = self._plan.waves
        for number, group in enumerate(groups, start=1):
            self._release_wave(group, is_last=number == len(groups))
        if self._plan.atomic and self._failed and self._cause is None and not self._acts.lock_is_lost():
            self._revert_all(self._why(self._failed))
        self._poll(lambda: False)
        return [self._to_be_seen(self._results[service.contract.name]) for service in self._plan.changed]

    def _release_wave(self, group: Sequence[ServicePlan], *, is_last: bool) -> None:
        resumed = [service.resumed for service in group if service.resumed and service.resumed.revert_because]
        begun = [service for service in group if service.deployment_id]
        if self._blocking_result or self._cause or resumed:
            self._start(begun)
            self._skip([service for service in group if service not in begun])
        elif self._prepare(group):
            self._start(group)
        else:
            self._start(begun)
            self._skip([service for service in group if service.contract.name not in self._results and service not in begun])
        if resumed and self._cause is None:
            self._revert_all(resumed[0].revert_because or "")
        enough = self._has_failed if is_last else self._may_go_on
        if not enough():
            self._poll(enough)

    def _prepare(self, services: Sequence[ServicePlan]) -> bool:
        """Whether these services may be updated now. What is live already was not looked at meanwhile."""
        since = self._clock.now()
        for result in self._acts.pre_deploy(services):
            self._decide(result)
            self._emit(Finished(result))
        spent = self._clock.now() - since
        if spent and self._poller is not None:
            self._poller.extend(spent)
            self._poll(lambda: True)
        return self._blocking_result is None and self._cause is None

    def _start(self, services: Sequence[ServicePlan]) -> None:
        if not services:
            return
        beginning = self._acts.start(services)
        for result in beginning.results:
            self._decide(result)
            self._emit(Finished(result))
        watches = self._acts.watch(beginning.rollouts)
        self._forward |= {watch.rollout.name: watch for watch in watches}
        self._open += watches if self._cause is None else self._reverting(watches, self._cause)
        if self._poller is None:
            self._poller = self._acts.poller(any(result.outcome is _UNDECIDED for result in beginning.results))

    def _skip(self, services: Sequence[ServicePlan]) -> None:
        """Their turn does not come. Behind one that is still under way it may come later: `resume` begins them then."""
        before = self._blocking_result
        final = before is None or not _goes_on(before)
        cause = self._cause or (self._why(before) if before else "")
        for service in services:
            result = ServiceResult(service.contract.name, Outcome.SKIPPED, unchanged_serving(service), cause, final=final)
            self._decide(result)
            self._emit(Finished(result))

    def _revert_all(self, cause: str) -> None:
        """All that are under way, and in an atomic release those that are live."""
        self._cause = cause
        under_way = {watch.rollout.name for watch in self._open}
        again = [
            watch
            for name, watch in self._forward.items()
            if name in under_way or (self._plan.atomic and self._is_live_and_new(watch))
        ]
        self._open = self._reverting(again, cause)

    def _is_live_and_new(self, watch: ForwardWatch) -> bool:
        """Whether it ended well, and runs something else than before: a restart has nothing to go back to."""
        rollout = watch.rollout
        changed = rollout.task_definition != rollout.plan.previous.task_definition
        return changed and self._results[rollout.name].outcome is Outcome.LIVE

    def _reverting(self, watches: Sequence[ForwardWatch], cause: str) -> list[Watch]:
        for watch in watches:
            watch.start_revert(cause)
        return [self._acts.revert(watch, cause) for watch in watches]

    def _poll(self, enough: Callable[[], bool]) -> None:
        if self._poller is None:
            return
        try:
            with interruptible(self._clock):
                self._poller.run(self._open, self._decide, enough)
        except (KeyboardInterrupt, Interrupted):
            if not self._back_on_interrupt or self._cause is not None:
                raise
            self._clock.clear_cancelled()
            self._revert_all("interrupted")

    def _decide(self, result: ServiceResult) -> None:
        self._results[result.service] = result

    def _has_failed(self) -> bool:
        return self._failed is not None

    @property
    def _failed(self) -> ServiceResult | None:
        """The first that ended badly."""
        return next((result for result in self._bad if not _goes_on(result)), None)

    @property
    def _blocking_result(self) -> ServiceResult | None:
        """The first that is not live, so that no later group begins; a failure before a time-out."""
        return self._failed or next(iter(self._bad), None)

    @property
    def _bad(self) -> list[ServiceResult]:
        return [result for result in self._results.values() if not result.outcome.ok]

    def _may_go_on(self) -> bool:
        """Whether the next group may begin, or never will."""
        return bool(self._bad) or all(watch.serving for name, watch in self._forward.items() if name not in self._results)

    def _why(self, result: ServiceResult) -> str:
        """In the words of a service that did not fail itself."""
        return f"{result.service} ended {result.outcome.value}{f': {result.cause}' if result.cause else ''}"

    def _to_be_seen(self, result: ServiceResult) -> ServiceResult:
        """What is live is not final while an atomic release is undecided: it may still have to go back."""
        undecided = any(not other.final and not other.outcome.ok for other in self._results.values())
        return replace(result, final=False) if undecided and self._plan.atomic and result.outcome is Outcome.LIVE else result


def _goes_on(result: ServiceResult) -> bool:
    """Whether ECS still works on it, or it only waits for one on which ECS does."""
    return result.outcome is _UNDECIDED or (result.outcome is Outcome.SKIPPED and not result.final)
