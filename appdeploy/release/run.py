"""A release from end to end. Every verb that starts a deployment goes through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from appdeploy.ledger.locked_change import not_started, run_locked
from appdeploy.ledger.new_entry import opening_entry
from appdeploy.lock.session import Acquirer, local_user
from appdeploy.model.clock import interruptible
from appdeploy.model.errors import Interrupted, Refused
from appdeploy.model.events import Emit, Event, Finished, Planned
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.words import resume_command
from appdeploy.release.autoscaling_bounds import apply_capacity_bounds
from appdeploy.release.image_retention import tag_released_images
from appdeploy.release.sequence import ReleaseSequence
from appdeploy.release.steps import Steps

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.ledger.locked_change import Confirmation, ReleaseContext
    from appdeploy.model.clock import Clock
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.model.plan import Blocked, NoChange, ReleasePlan
    from appdeploy.release.options import WatchOptions


def run_release(
    prepare: Callable[[], ReleasePlan],
    options: WatchOptions,
    clients: Clients,
    clock: Clock,
    emit: Emit,
    acquirer: Acquirer,
    confirmation: Confirmation | None = None,
) -> tuple[ServiceResult, ...]:
    """Make a plan, carry it out and follow it to its outcome, one result per service in the plan's order.

    Raises what `run_locked` does.
    """
    return run_locked(Release(prepare, options, clients, emit), acquirer, clients, clock, emit, confirmation)


@dataclass(frozen=True)
class Release:
    """A release as a change under the environment's lock."""

    make_plan: Callable[[], ReleasePlan]
    options: WatchOptions
    clients: Clients
    emit: Emit

    def prepare(self, earlier: ReleasePlan | None) -> ReleasePlan:
        """See LockedChange."""
        plan = self.make_plan()
        return replace(plan, release_id=earlier.release_id) if earlier else plan

    def when_blocked(self, blocked: Blocked) -> ReleasePlan:
        """See LockedChange."""
        return blocked.plan

    def plan_of(self, prepared: ReleasePlan) -> ReleasePlan:
        """See LockedChange."""
        return prepared

    def announce(self, prepared: ReleasePlan) -> Iterable[Event]:
        """See LockedChange."""
        yield Planned(prepared)

    def has_work(self, prepared: ReleasePlan) -> bool:
        """See LockedChange."""
        return bool(prepared.changed) or prepared.is_open

    def opening(self, prepared: ReleasePlan) -> Entry:
        """See LockedChange."""
        return prepared.entry or opening_entry(prepared, prepared.caller or local_user())

    def unchanged(self, prepared: ReleasePlan) -> list[ServiceResult]:
        """See LockedChange."""
        results = [_unchanged(service) for service in prepared.no_changes]
        _finish(results, self.emit)
        return results

    def refused(self, prepared: ReleasePlan, error: Refused) -> list[ServiceResult] | None:
        """See LockedChange."""
        if prepared.entry is not None:  # What is resumed has started, so it is changed already: it stays open.
            return None
        cause = "; ".join(error.lines)
        return [ServiceResult(service.contract.name, Outcome.REFUSED, "unchanged", cause) for service in prepared.changed]

    def carry_out(self, prepared: ReleasePlan, context: ReleaseContext) -> tuple[ServiceResult, ...]:
        """See LockedChange."""
        plan = replace(prepared, fence=context.session.fence)
        steps = Steps(plan, self.options, context)
        try:
            with interruptible(context.clock):
                return _in_order(plan, self._carry_out(plan, steps, context))
        except (KeyboardInterrupt, Interrupted):
            touched = steps.touched_a_service or any(service.resumed for service in plan.changed)
            raise Interrupted(_continues(plan) if touched else not_started(plan)) from None

    def _carry_out(self, plan: ReleasePlan, steps: Steps, context: ReleaseContext) -> list[ServiceResult]:
        unchanged = self.unchanged(plan)
        refused = steps.register()
        if refused:
            _finish(refused, context.emit)
            return [*unchanged, *refused]
        sequence = ReleaseSequence(
            plan, steps, context.clock, context.emit, revert_on_interrupt=self.options.revert_on_interrupt
        )
        return [*unchanged, *sequence.run(unchanged)]

    def after_unlock(self, prepared: ReleasePlan, results: Sequence[ServiceResult]) -> None:
        """See LockedChange."""
        if self.has_work(prepared):
            tag_released_images(self.clients.ecr, prepared, results, self.emit)
        apply_capacity_bounds(self.clients.autoscaling, prepared, results, self.emit)


def _finish(results: Iterable[ServiceResult], emit: Emit) -> None:
    for result in results:
        emit(Finished(result))


def _unchanged(service: NoChange) -> ServiceResult:
    cause = None if service.outcome is Outcome.UNCHANGED else service.reason
    return ServiceResult(service.contract.name, service.outcome, f"{service.reason}; nothing was changed", cause)


def _in_order(plan: ReleasePlan, results: Iterable[ServiceResult]) -> tuple[ServiceResult, ...]:
    by_name = {result.service: result for result in results}
    return tuple(by_name[service.contract.name] for service in plan.services)


def _continues(plan: ReleasePlan) -> str:
    again = resume_command(plan.environment, plan.release_id)
    return f"stopped watching; {plan.release_id} continues in AWS: {again} watches it again"
