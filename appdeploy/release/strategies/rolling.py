"""ECS's rolling deployment: one UpdateService per service, watched to its end or back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import EcsWriter, WriteRefused
from appdeploy.model.ecs_state import ServiceName
from appdeploy.model.errors import OutOfReach
from appdeploy.model.events import Started
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import Change
from appdeploy.model.rollout import Rollout, StartedRollouts, unchanged_serving
from appdeploy.watch.late_writes import guarded
from appdeploy.watch.revert import UNTIL_COMPLETE, RevertWatch
from appdeploy.watch.service_watch import ServiceWatch

if TYPE_CHECKING:
    from appdeploy.ledger.locked_change import ReleaseContext
    from appdeploy.model.plan import ReleasePlan, ServicePlan
    from appdeploy.watch.judge import Policy
    from appdeploy.watch.poller import ForwardWatch, Watch


class RollingStrategy:
    """Rolling deployments of one release."""

    def __init__(self, plan: ReleasePlan, policy: Policy, context: ReleaseContext, writer: EcsWriter) -> None:
        self._plan = plan
        self._policy = policy
        self._context = context
        self._writer = writer

    def start(self, services: Sequence[ServicePlan], revisions: Mapping[str, str]) -> StartedRollouts:
        """Point these services at their revisions, in parallel. Raises LockLost when no service may be touched any more."""
        ledger = self._context.ledger
        to_update = [service.contract.name for service in services if service.deployment_id is None]
        if to_update:
            ledger.updating(to_update)
        started = map_parallel(lambda service: self._update(service, revisions[service.contract.name]), services)
        rollouts = tuple(item for item in started if isinstance(item, Rollout))
        for rollout in rollouts:
            self._context.emit(Started(rollout.name, rollout.deployment_id))
        ledger.updated((rollout.name, rollout.deployment_id) for rollout in rollouts)
        return StartedRollouts(rollouts, tuple(item for item in started if isinstance(item, ServiceResult)))

    def watch(self, rollouts: Sequence[Rollout]) -> Sequence[ForwardWatch]:
        """Watches that follow these rollouts forward."""
        context = self._context
        return guarded(
            rollouts, context.clients.once, self._writer, self._policy, context.session, context.ledger, context.clock
        )

    def revert(self, watch: ForwardWatch, cause: str) -> Watch:
        """A watch that follows a service back to its previous version, and why it goes back."""
        return RevertWatch(watch, cause, self._until_complete, self._writer, self._context.ledger)

    def _until_complete(self, rollout: Rollout) -> ServiceWatch:
        return ServiceWatch(rollout, self._context.clients.once, self._writer, UNTIL_COMPLETE, self._context.ledger)

    def _update(self, service: ServicePlan, revision: str) -> Rollout | ServiceResult:
        name = ServiceName(self._plan.cluster, service.contract.service)
        if service.deployment_id is not None:
            return Rollout(service, name, revision, service.deployment_id)
        try:
            begun = self._writer.update(
                name,
                revision,
                known=service.previous.snapshot,
                desired_count=service.desired_count,
                force=revision == service.previous.task_definition,
            )
        except WriteRefused as error:
            # A rollback asks ECS itself whether the task definition is still there.
            hint = "; `rollback --list` shows the targets" if service.change is Change.ROLLBACK else ""
            cause = f"UpdateService was refused: {error}{hint}"
            return ServiceResult(service.contract.name, Outcome.REFUSED, unchanged_serving(service), cause)
        except OutOfReach as error:
            cause = f"whether the service was updated is not known: {error}"
            return ServiceResult(service.contract.name, Outcome.TIMED_OUT, "not known", cause, final=False)
        return Rollout(service.listed_before(begun.older), name, revision, begun.id)
