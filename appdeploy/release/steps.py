"""What one release does to AWS, step by step. The order of the steps is that of appdeploy.release.sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appdeploy.model.task_definition import registrable_fields
from appdeploy.release.pre_deploy import PreDeployTasks
from appdeploy.release.register import Registration, register
from appdeploy.release.strategies.rolling import RollingStrategy
from appdeploy.rollback.late_details import read_late_details
from appdeploy.settings.apply import SettingsWriter, with_settings, with_settings_restored
from appdeploy.watch.poller import Poller

if TYPE_CHECKING:
    from appdeploy.ledger.locked_change import ReleaseContext
    from appdeploy.model.outcome import ServiceResult
    from appdeploy.model.plan import ReleasePlan, ServicePlan
    from appdeploy.model.rollout import Rollout, StartedRollouts
    from appdeploy.release.options import WatchOptions
    from appdeploy.watch.poller import ForwardWatch, Watch


class Steps:
    """The steps of one release, whose plan has the fence of the lock."""

    def __init__(self, plan: ReleasePlan, options: WatchOptions, context: ReleaseContext) -> None:
        self._plan = plan
        self._options = options
        self._context = context
        self._started = context.clock.now()
        self._writer = SettingsWriter(
            context.clients.once, context.clock, context.session.confirm, plan, context.ledger, context.emit
        )
        self._registration = Registration({}, ())
        self._pre_deploy: PreDeployTasks | None = None
        self._strategy = RollingStrategy(plan, options.policy, context, self._writer)

    @property
    def touched_a_service(self) -> bool:
        """Whether an update of a service may have been sent."""
        return self._writer.touched_a_service

    def register(self) -> Sequence[ServiceResult]:
        """Register the new revisions. The results of all services when AWS refused one: then none may be updated."""
        registrable = registrable_fields(self._context.clients.ecs)
        self._registration = register(self._plan, self._writer, registrable, self._context.ledger, self._context.emit)
        return self._registration.results

    def pre_deploy(self, services: Sequence[ServicePlan]) -> Sequence[ServiceResult]:
        """Run what has to run before these services are updated; the results of those that must not be updated then."""
        if self._pre_deploy is None:
            self._pre_deploy = PreDeployTasks(self._plan, self._registration.revisions, self._context, self._writer)
        return self._pre_deploy.run(services)

    def start(self, services: Sequence[ServicePlan]) -> StartedRollouts:
        """Point these services at what they are to run, with their settings written before."""
        started = with_settings(self._plan, self._writer, lambda: self._strategy.start(services, self._registration.revisions))
        return read_late_details(started, self._context)

    def watch(self, rollouts: Sequence[Rollout]) -> Sequence[ForwardWatch]:
        """Watches that follow these rollouts forward."""
        return with_settings_restored(self._strategy.watch(rollouts), self._writer, self._context.clients.once)

    def revert(self, watch: ForwardWatch, cause: str) -> Watch:
        """A watch that follows a service back to its previous version, and why it goes back."""
        return self._strategy.revert(watch, cause)

    def lock_is_lost(self) -> bool:
        """Whether another command has the lock now: then nothing is reverted."""
        return self._context.session.is_lost()

    def poller(self, *, silent: bool) -> Poller:
        """Made once something is to be watched; `silent` when AWS has not answered since the first write."""
        context = self._context
        return Poller(
            context.clients.once.ecs,
            context.clock,
            context.emit,
            started_at=self._started,
            timeout=self._options.timeout,
            silent=silent,
        )
