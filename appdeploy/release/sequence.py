"""The order of a release: one wave of services after the other, and all of them reverted when one fails.

A wave starts when the services before it are live; their completion is awaited at the end, for all together. A service that
is being rolled back has failed: the others do not wait for the end of that (docs/adr/015-several-services.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace

from appdeploy.model.causes import Cause, because_it_ended, because_it_failed, blamed
from appdeploy.model.clock import Clock, interruptible
from appdeploy.model.errors import Interrupted
from appdeploy.model.events import Emit, Finished
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan
from appdeploy.model.rollout import unchanged_serving
from appdeploy.release.steps import Steps
from appdeploy.watch.poller import ForwardWatch, Poller, Watch

_INTERRUPTED = "interrupted"
_UNDECIDED = Outcome.TIMED_OUT
"""The command's time was up, not ECS's: what is still under way has not failed, and reverts no other service."""


class ReleaseSequence:
    """One release whose revisions are registered, up to the results of its services."""

    def __init__(self, plan: ReleasePlan, steps: Steps, clock: Clock, emit: Emit, *, revert_on_interrupt: bool) -> None:
        self._plan = plan
        self._steps = steps
        self._clock = clock
        self._emit = emit
        self._revert_on_interrupt = revert_on_interrupt
        self._poller: Poller | None = None
        self._open: list[Watch] = []
        self._forward: dict[str, ForwardWatch] = {}
        self._results: dict[str, ServiceResult] = {}
        self._quotes: set[str] = set()
        """The causes that were given to services because of others, when those had not ended yet."""
        self._cause: str | None = None
        """Why all are reverted; None while they are not."""

    def run(self, unchanged: Sequence[ServiceResult]) -> list[ServiceResult]:
        """Release all waves. `unchanged` are results of services without a change; one that failed ends the release.

        Raises LockLost and OutOfReach when nothing may be sent, and Interrupted.
        """
        self._results = {result.service: result for result in unchanged}
        waves = self._plan.waves
        for number, wave in enumerate(waves, start=1):
            try:
                with interruptible(self._clock):
                    self._release_wave(wave, is_last=number == len(waves))
            except (KeyboardInterrupt, Interrupted):
                self._revert_on_interruption()
                known = {*self._results, *self._forward}
                self._skip([service for service in wave if service.contract.name not in known])
        cause = self._failure
        if self._plan.atomic and cause and self._cause is None and not self._steps.lock_is_lost():
            self._revert_all(cause)
        while self._open:  # An interruption that reverts all ends the look at them, and begins the next one.
            self._poll(lambda: False)
        self._tell_final_cause()
        return [self._not_final_yet(self._results[service.contract.name]) for service in self._plan.changed]

    def _release_wave(self, wave: Sequence[ServicePlan], *, is_last: bool) -> None:
        resumed = [service.resumed for service in wave if service.resumed and service.resumed.revert_because]
        started = [service for service in wave if service.deployment_id]
        if self._blocking_cause or self._cause or resumed:
            self._start(started)
            self._skip([service for service in wave if service not in started])
        elif self._run_pre_deploy(wave):
            self._start(wave)
        else:
            self._start(started)
            self._skip([service for service in wave if service.contract.name not in self._results and service not in started])
        if resumed and self._cause is None:
            self._revert_all(resumed[0].revert_because or "")
        enough = self._one_has_failed if is_last else self._next_wave_may_start
        if not enough():
            self._poll(enough)

    def _run_pre_deploy(self, services: Sequence[ServicePlan]) -> bool:
        """Run the tasks before these services; whether they may be updated now. Live services were not polled meanwhile."""
        since = self._clock.now()
        for result in self._steps.pre_deploy(services):
            self._decide(result)
            self._emit(Finished(result))
        spent = self._clock.now() - since
        if spent and self._poller is not None:
            self._poller.extend(spent)
            self._poll(lambda: True)
        return self._blocking_cause is None and self._cause is None

    def _start(self, services: Sequence[ServicePlan]) -> None:
        if not services:
            return
        # To be reverted, a deployment has to be known: the answer to what was sent is awaited.
        with self._clock.holding_back() if self._revert_on_interrupt else nullcontext():
            self._start_all(services)

    def _start_all(self, services: Sequence[ServicePlan]) -> None:
        started = self._steps.start(services)
        for result in started.results:
            self._decide(result)
            self._emit(Finished(result))
        watches = self._steps.watch(started.rollouts)
        self._forward |= {watch.rollout.name: watch for watch in watches}
        self._open += watches if self._cause is None else self._reverting(watches, self._cause)
        if self._poller is None:
            self._poller = self._steps.poller(silent=any(result.outcome is _UNDECIDED for result in started.results))

    def _skip(self, services: Sequence[ServicePlan]) -> None:
        """They are not started. Behind a service that is still under way they may be later: `resume` starts them then."""
        final = bool(self._failure) or not self._bad
        cause = self._cause or self._blocking_cause or ""
        self._quotes.add(cause)
        for service in services:
            result = ServiceResult(service.contract.name, Outcome.SKIPPED, unchanged_serving(service), cause, final=final)
            self._decide(result)
            self._emit(Finished(result))

    def _revert_all(self, cause: str) -> None:
        """All that are under way, and in an atomic release those that are live."""
        self._cause = cause
        self._quotes.add(cause)
        under_way = {watch.rollout.name for watch in self._open}
        failing = [name for name, watch in self._forward.items() if name in under_way and _fails_by_itself(watch)]
        to_revert = [
            watch
            for name, watch in self._forward.items()
            if name not in failing and (name in under_way or (self._plan.atomic and self._is_live_and_new(watch)))
        ]
        self._open = [*(self._forward[name] for name in failing), *self._reverting(to_revert, cause)]

    def _is_live_and_new(self, watch: ForwardWatch) -> bool:
        """Whether it ended well, and runs something else than before: a restart has nothing to return to."""
        rollout = watch.rollout
        changed = rollout.task_definition != rollout.plan.previous.task_definition
        return changed and self._results[rollout.name].outcome is Outcome.LIVE

    def _reverting(self, watches: Sequence[ForwardWatch], cause: str) -> list[Watch]:
        for watch in watches:
            watch.start_revert(cause)
        return [self._steps.revert(watch, cause) for watch in watches]

    def _poll(self, enough: Callable[[], bool]) -> None:
        if self._poller is None:
            return
        try:
            with interruptible(self._clock):
                self._poller.run(self._open, self._decide, enough)
        except (KeyboardInterrupt, Interrupted):
            self._revert_on_interruption()

    def _revert_on_interruption(self) -> None:
        """While an interruption is handled: raises it again where nothing is to be reverted, or is already."""
        if not self._revert_on_interrupt or self._cause is not None or not self._forward:
            raise
        self._clock.clear_cancelled()
        self._revert_all(_INTERRUPTED)

    def _decide(self, result: ServiceResult) -> None:
        self._results[result.service] = result

    def _one_has_failed(self) -> bool:
        return self._failure is not None

    @property
    def _failure(self) -> str | None:
        """Which service failed and why: the first that ended badly, else one that is being rolled back.

        What was skipped comes last: something else is the cause, unless that was a task before the rollout.
        """
        ended = [result for result in self._bad if not _continues(result)]
        causes = (
            *(self._cause_of(result) for result in ended if result.outcome is not Outcome.SKIPPED),
            *self._causes_of_what_goes_back(),
            *map(self._cause_of, ended),
        )
        return next(iter(causes), None)

    def _causes_of_what_goes_back(self) -> Iterator[str]:
        """Of services that are being rolled back; one that was itself stopped because of another hands that on."""
        open_names = {watch.rollout.name for watch in self._open}
        going_back = [(name, watch.going_back) for name, watch in self._forward.items() if name in open_names]
        causes = [(name, why) for name, why in going_back if why]
        own = [(name, why) for name, why in causes if why != _INTERRUPTED and blamed(why, self._forward) is None]
        yield from (because_it_failed(name, why) for name, why in own)
        yield from (why for _, why in causes)

    def _tell_final_cause(self) -> None:
        """Who went back or was held back before the failed service had ended has its last cause now."""
        for quote in self._quotes:
            failed = self._results.get(blamed(quote, self._results) or "")
            if failed is None or failed.cause is None:
                continue
            for name, result in self._results.items():
                if result.cause is not None and result is not failed:
                    self._results[name] = replace(result, cause=result.cause.replace(quote, self._cause_of(failed)))

    @property
    def _blocking_cause(self) -> str | None:
        """Why no later wave starts; a failure before a time-out."""
        return self._failure or next(map(self._cause_of, self._bad), None)

    @property
    def _bad(self) -> list[ServiceResult]:
        return [result for result in self._results.values() if not result.outcome.ok]

    def _next_wave_may_start(self) -> bool:
        """Whether the next wave may start, or never will."""
        waited_for = [watch for name, watch in self._forward.items() if name not in self._results]
        return self._blocking_cause is not None or all(watch.serving for watch in waited_for)

    def _cause_of(self, result: ServiceResult) -> str:
        """The cause for a service that did not fail itself."""
        return because_it_ended(Cause(result.service, result.outcome.value, result.cause))

    def _not_final_yet(self, result: ServiceResult) -> ServiceResult:
        """A live service is not final while an atomic release is undecided: it may still be reverted."""
        undecided = any(not other.final and not other.outcome.ok for other in self._results.values())
        return replace(result, final=False) if undecided and self._plan.atomic and result.outcome is Outcome.LIVE else result


def _fails_by_itself(watch: ForwardWatch) -> bool:
    """Whether it goes back on its own account; a resumed one may have been on its way because of another."""
    resumed = watch.rollout.plan.resumed
    return watch.going_back is not None and not (resumed and resumed.revert_because)


def _continues(result: ServiceResult) -> bool:
    """Whether ECS still works on it, or on a service that it waits for."""
    return result.outcome is _UNDECIDED or (result.outcome is Outcome.SKIPPED and not result.final)
