"""Reads what one rollout needs beyond DescribeServices, only when something changed.

A tick at which nothing changed reads nothing. A changed service costs at most three calls, and one DescribeTargetHealth
while its new tasks all run but are not all healthy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appdeploy.aws.deployments import service_deployments
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment, ServiceState
from appdeploy.watch.failures import PERMANENT_FAILURES_TO_STOP
from appdeploy.watch.judge import Observation, all_run
from appdeploy.watch.routing import Ambiguous, NoLoadBalancer, Routing, Serving, read_routing
from appdeploy.watch.task_tracker import TaskTracker

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients, OnceClients
    from appdeploy.model.rollout import Rollout

_HEALTHY = "healthy"


class Observer:
    """The reads for one rollout, and their last results. Errors of the SDK are raised: the tick is repeated."""

    def __init__(self, clients: OnceClients | Clients, rollout: Rollout) -> None:
        self._clients = clients
        self._rollout = rollout
        self._tasks = TaskTracker(clients.ecs, rollout)
        self._last: object = None
        self._last_of_ours: object = None
        self._unread = True
        self._record: ServiceDeployment | None = None
        self._routing: Routing | None = None
        self._healthy: int | None = None
        self._healthy_seen = False
        self._target_reasons: tuple[str, ...] = ()

    def observe(self, state: ServiceState) -> Observation:
        """Read what this state of the service requires, and return everything known."""
        self._notice_change(state)
        if self._record is None or self._routing is None:
            self._locate()
            if self._record is not None and self._is_far_on(self._record, state):
                self._read(state)
        else:
            self._read(state)
        return Observation(
            state=state,
            record=self._record,
            routing=self._routing,
            failures=self._tasks.failures,
            healthy=self._healthy,
            healthy_seen=self._healthy_seen,
            target_reasons=self._target_reasons,
        )

    def _is_far_on(self, record: ServiceDeployment, state: ServiceState) -> bool:
        """Whether its tasks are of interest at the first look, which may be the only one: why it is rolled back, or
        whether all of them, which run already, serve."""
        serving = not record.status.is_final and all_run(state.deployment(self._rollout.deployment_id))
        return record.status.is_rollback or serving

    def _notice_change(self, state: ServiceState) -> None:
        ours = (state.status, state.desired, state.deployment(self._rollout.deployment_id))
        everything = (ours, state.running, state.pending, state.deployments, state.events[:1])
        # Once all new tasks are healthy, old ones are stopped at their side. A new one that ends then is missing in its
        # deployment's counts for as long as its successor takes to start.
        matters = ours != self._last_of_ours if self._all_were_healthy(state) else everything != self._last
        self._unread |= matters
        self._last, self._last_of_ours = everything, ours

    def _locate(self) -> None:
        """Find ECS's record of our deployment, and the target group that serves."""
        self._record = self._find_record()
        if self._record is not None and self._record.status.is_final:
            self._record = self._read_record()  # The list does not say what ended it.
        if self._record is not None:
            self._routing = self._read_routing(self._record.revision)

    def _read(self, state: ServiceState) -> None:
        if self._may_have_ended(state):
            self._record = self._read_record()
        if self._record is not None and self._record.status is DeploymentStatus.SUCCESSFUL and self._all_were_healthy(state):
            return  # Its tasks were looked at: nothing of them is asked any more.
        if isinstance(self._routing, Ambiguous) and self._unread and self._record is not None:
            self._routing = self._read_routing(self._record.revision)
        if self._unread:
            self._tasks.refresh()
            self._healthy = None
            self._unread = False
        self._check_health(state)

    def _may_have_ended(self, state: ServiceState) -> bool:
        if self._record is None or self._record.status.is_final:
            return False
        ours = state.deployment(self._rollout.deployment_id)
        is_primary = ours is not None and ours == state.primary
        # Also at ticks without a change: the record may lag behind DescribeServices, which then does not change again.
        return not (ours and ours.in_progress and is_primary)

    def _check_health(self, state: ServiceState) -> None:
        ours = state.deployment(self._rollout.deployment_id)
        everything_runs = all_run(ours)
        if ours is None or self._all_were_healthy(state):
            return
        # Check the load balancer before two failures count as "no task was ever healthy".
        doubtful = (
            not self._healthy_seen and sum(failure.permanent for failure in self._tasks.failures) >= PERMANENT_FAILURES_TO_STOP
        )
        if not everything_runs and not doubtful:
            return
        self._tasks.recheck()
        self._healthy = self._count_healthy()
        self._healthy_seen |= self._healthy > 0
        # ListTasks lags behind the counts: read again until all counted tasks are listed.
        self._unread |= everything_runs and len(self._tasks.running) < ours.desired

    def _all_were_healthy(self, state: ServiceState) -> bool:
        ours = state.deployment(self._rollout.deployment_id)
        return ours is not None and self._healthy is not None and self._healthy >= ours.desired

    def _count_healthy(self) -> int:
        running = self._tasks.running
        if isinstance(self._routing, NoLoadBalancer):
            return len(running)
        if not running or not isinstance(self._routing, Serving):
            return 0
        reply = self._clients.elbv2.describe_target_health(TargetGroupArn=self._routing.target_group)
        targets = [(item["Target"]["Id"], item.get("TargetHealth", {})) for item in reply["TargetHealthDescriptions"]]
        healthy = {address for address, health in targets if health.get("State") == _HEALTHY}
        ours = frozenset().union(*(task.addresses for task in running))
        self._target_reasons = tuple(
            health["Description"] for address, health in targets if address in ours and health.get("Description")
        )
        return sum(1 for task in running if task.addresses & healthy)

    def _find_record(self) -> ServiceDeployment | None:
        service = self._rollout.service
        records = service_deployments(self._clients.ecs, service.cluster, service.arn)
        return next((record for record in records if record.rolls_out(self._rollout.deployment_id)), None)

    def _read_record(self) -> ServiceDeployment | None:
        if self._record is None:
            return None
        reply = self._clients.ecs.describe_service_deployments(serviceDeploymentArns=[self._record.arn])
        records = [ServiceDeployment.from_reply(item) for item in reply["serviceDeployments"]]
        return records[0] if records else self._record

    def _read_routing(self, revision: str) -> Routing:
        return read_routing(self._clients.ecs, self._clients.elbv2, self._rollout.plan.contract, [revision])
