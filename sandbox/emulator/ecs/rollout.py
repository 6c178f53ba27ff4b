"""Deployments: how one begins, fails, rolls back and completes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.emulator import alarms, eventbridge
from sandbox.emulator.clock import Clock
from sandbox.emulator.ecs import wording
from sandbox.emulator.ecs.model import (
    Deployment,
    DeploymentStatus,
    MonitorStatus,
    Rollback,
    RolloutState,
    Service,
    ServiceDeployment,
    ServiceDeploymentStatus,
    ServiceRevision,
)
from sandbox.emulator.journal import Journal, Kind

_EVENTS_KEPT = 100
"""DescribeServices returns the 100 newest (API reference, Service.events)."""
FARGATE_PLATFORM = "1.4.0"
"""What LATEST means on Fargate (DG/platform-linux-fargate.html)."""


class Rollout:
    """Changes a service's deployments. Launching and stopping tasks is the scheduler's part."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self._clock = clock
        self._journal = journal

    def event(self, service: Service, text: str) -> None:
        """Add a service event: `(service NAME) text`."""
        event = {"id": str(uuid.uuid4()), "createdAt": self._clock.now(), "message": f"(service {service.name}) {text}"}
        service.events.insert(0, event)
        del service.events[_EVENTS_KEPT:]
        if text in wording.ACTIONS:
            kind, name = wording.ACTIONS[text]
            eventbridge.service_acted(service, kind, name, self._clock.now())

    def start(self, service: Service) -> Deployment:
        """Begin a deployment of what the service now says; one that is under way is superseded."""
        now = self._clock.now()
        for running in service.service_deployments:
            if not running.status.finished:
                self._finish(running, ServiceDeploymentStatus.STOPPED, wording.SUPERSEDED)
        sources = tuple(d.revision for d in service.deployments if service.live(d)) or _completed_revision(service)
        completed = service.last_completed
        for former in service.deployments:
            self._demote(former)
        number = f"{uuid.uuid4().int % 10**19:019d}"
        revision = _revision(service, number, now)
        service_deployment = _service_deployment(service, revision, sources, now)
        deployment = Deployment(
            id=f"ecs-svc/{number}",
            task_definition=service.task_definition,
            revision=revision,
            service_deployment=service_deployment,
            created_at=now,
            updated_at=now,
            rollout_reason=wording.in_progress(f"ecs-svc/{number}"),
            replaces=completed if completed is not None and service.live(completed) else None,
        )
        service.revisions[revision.arn] = revision
        service.service_deployments.insert(0, service_deployment)
        service.deployments.insert(0, deployment)
        service.launch_after, service.steady_event_at = 0.0, None
        self._note(Kind.DEPLOYMENT_CREATED, deployment, service_deployment=service_deployment.arn)
        self._note(Kind.DEPLOYMENT_PRIMARY, deployment)
        self._set_status(service_deployment, ServiceDeploymentStatus.IN_PROGRESS)
        eventbridge.deployment_changed(service, deployment, "SERVICE_DEPLOYMENT_IN_PROGRESS", now)
        return deployment

    def request_stop(self, deployment: ServiceDeployment) -> None:
        """StopServiceDeployment was accepted; the scheduler carries it out. One that is rolling back goes on with it."""
        if deployment.status is ServiceDeploymentStatus.IN_PROGRESS:
            self._set_status(deployment, ServiceDeploymentStatus.ROLLBACK_REQUESTED)

    def set_count(self, service: Service, count: int) -> None:
        """Change the desired count. The same one again, which target tracking at its minimum sets each minute, is no change."""
        if count == service.desired_count:
            return
        self._journal.add(Kind.COUNT_CHANGED, service.arn, former=service.desired_count, count=count)
        service.desired_count, service.steady_event_at = count, None

    def trip_breaker(self, service: Service) -> None:
        """The primary deployment failed: roll back if the configuration says so."""
        if service.primary.rolls_back is not None:
            self._rollback_failed(service)
            return
        service.primary.service_deployment.breaker_status = MonitorStatus.TRIGGERED
        self._fail(service, wording.BREAKER, rolls_back=service.configuration.rolls_back)

    def trip_alarms(self, service: Service, names: tuple[str, ...]) -> None:
        """Deployment alarms are in the ALARM state: roll back if their configuration says so."""
        running = service.primary.service_deployment
        running.alarm_status, running.triggered_alarms = MonitorStatus.TRIGGERED, names
        self._fail(service, wording.ALARM, rolls_back=running.configuration.alarms_roll_back)

    def carry_out_stop(self, service: Service) -> None:
        """Roll the primary deployment back, as StopServiceDeployment asked."""
        self._fail(service, wording.USER, rolls_back=True)

    def _fail(self, service: Service, cause: wording.Cause, *, rolls_back: bool) -> None:
        failed = service.primary
        self._mark_failed(service, failed, cause)
        if not rolls_back:
            self._finish(failed.service_deployment, ServiceDeploymentStatus.STOPPED, cause.stopped)
        elif service.last_completed is not None:
            self._roll_back(service, failed, cause)
        else:
            # "If there is no deployment in COMPLETED state, the circuit breaker does not launch new tasks and the
            # deployment is stalled" (DG/deployment-circuit-breaker.html).
            self._finish(failed.service_deployment, ServiceDeploymentStatus.ROLLBACK_FAILED, wording.NO_ROLLBACK_TARGET)

    def begin_bake(self, service: Service, until: float) -> None:
        """All runs as wanted; until that second of the clock the alarms are watched before the deployment is complete."""
        running = service.primary.service_deployment
        running.bakes_until, running.lifecycle_stage, running.updated_at = until, "BAKE_TIME", self._clock.now()

    def complete(self, service: Service) -> None:
        """The primary deployment runs as wanted and nothing of the others is left."""
        primary, now = service.primary, self._clock.now()
        failed, primary.rolls_back, primary.replaces = primary.rolls_back, None, None
        primary.rollout_state, primary.rollout_reason = RolloutState.COMPLETED, wording.completed(primary.id)
        primary.updated_at = now
        service.deployments, service.last_completed = [primary], primary
        self._note(Kind.DEPLOYMENT_COMPLETED, primary)
        eventbridge.deployment_changed(service, primary, "SERVICE_DEPLOYMENT_COMPLETED", now)
        if failed is not None:
            done = failed.service_deployment
            reason = done.rollback.reason if done.rollback else None
            self._note_rollback(failed, primary, succeeded=True)
            self._finish(done, ServiceDeploymentStatus.ROLLBACK_SUCCESSFUL, reason)
        else:
            self._finish(primary.service_deployment, ServiceDeploymentStatus.SUCCESSFUL, None)
        self.event(service, f"(deployment {primary.id}) deployment completed.")

    def abandon(self, service: Service) -> None:
        """The service is being deleted: whatever is under way ends."""
        for running in service.service_deployments:
            if not running.status.finished:
                self._finish(running, ServiceDeploymentStatus.STOPPED, wording.SERVICE_DELETED)

    def _demote(self, deployment: Deployment) -> None:
        deployment.status, deployment.updated_at = DeploymentStatus.ACTIVE, self._clock.now()
        if deployment.rolls_back is not None:
            # It had completed before a failed release; a newer release now takes over from its return.
            deployment.rolls_back, deployment.rollout_state = None, RolloutState.COMPLETED
            deployment.rollout_reason = wording.completed(deployment.id)

    def _mark_failed(self, service: Service, deployment: Deployment, cause: wording.Cause) -> None:
        deployment.rollout_state, deployment.rollout_reason = RolloutState.FAILED, cause.failed
        deployment.updated_at, deployment.replaces = self._clock.now(), None
        self._note(Kind.DEPLOYMENT_FAILED, deployment, reason=cause.failed)
        eventbridge.deployment_changed(service, deployment, "SERVICE_DEPLOYMENT_FAILED", deployment.updated_at)
        self.event(service, f"(deployment {deployment.id}) {cause.event}")

    def _roll_back(self, service: Service, failed: Deployment, cause: wording.Cause) -> None:
        """Make the last completed deployment primary again, under its own id and with the service's present count."""
        target, now = service.last_completed, self._clock.now()
        assert target is not None
        failed.status = DeploymentStatus.ACTIVE
        others = [d for d in service.deployments if d is not target]
        service.deployments = [target, *others]
        target.status, target.rollout_state, target.rolls_back = DeploymentStatus.PRIMARY, RolloutState.IN_PROGRESS, failed
        target.rollout_reason, target.updated_at = wording.rolling_back(cause.failed, target.id), now
        target.failed_tasks = target.breaker_failures = target.consecutive_failures = 0
        target.proven = False
        service.task_definition = target.task_definition
        service.launch_after, service.steady_event_at = 0.0, None
        running = failed.service_deployment
        running.rollback = Rollback(cause.rolled_back, now, target.revision.arn)
        definition = target.task_definition
        self._journal.add(
            Kind.ROLLBACK_STARTED,
            service.arn,
            deployment=failed.id,
            target=target.id,
            task_definition=definition,
            reason=cause.rolled_back,
        )
        self._note(Kind.DEPLOYMENT_PRIMARY, target)
        self._set_status(running, ServiceDeploymentStatus.ROLLBACK_IN_PROGRESS)
        self.event(service, f"rolling back to deployment {target.id}.")

    def _rollback_failed(self, service: Service) -> None:
        target = service.primary
        failed, target.rolls_back = target.rolls_back, None
        assert failed is not None
        self._mark_failed(service, target, wording.BREAKER)
        self._note_rollback(failed, target, succeeded=False)
        self._finish(failed.service_deployment, ServiceDeploymentStatus.ROLLBACK_FAILED, wording.ROLLBACK_FAILED)

    def _finish(self, deployment: ServiceDeployment, status: ServiceDeploymentStatus, reason: str | None) -> None:
        now = self._clock.now()
        self._set_status(deployment, status, reason)
        if deployment.breaker_status is MonitorStatus.MONITORING:
            deployment.breaker_status = MonitorStatus.COMPLETE
        if deployment.alarm_status is MonitorStatus.MONITORING:
            deployment.alarm_status = MonitorStatus.COMPLETE
        if status is ServiceDeploymentStatus.STOPPED:
            deployment.stopped_at = now
        deployment.finished_at = now
        deployment.lifecycle_stage = "CLEAN_UP"

    def _set_status(self, deployment: ServiceDeployment, status: ServiceDeploymentStatus, reason: str | None = None) -> None:
        deployment.status, deployment.status_reason, deployment.updated_at = status, reason, self._clock.now()
        self._journal.add(
            Kind.SERVICE_DEPLOYMENT,
            deployment.service.arn,
            service_deployment=deployment.arn,
            deployment=deployment.deployment_id,
            status=status.value,
            reason=reason,
        )

    def _note(self, kind: Kind, deployment: Deployment, **details: Any) -> None:
        service, definition = deployment.service_deployment.service, deployment.task_definition
        self._journal.add(kind, service.arn, deployment=deployment.id, task_definition=definition, **details)

    def _note_rollback(self, failed: Deployment, target: Deployment, *, succeeded: bool) -> None:
        self._journal.add(
            Kind.ROLLBACK_FINISHED,
            failed.service_deployment.service.arn,
            deployment=failed.id,
            target=target.id,
            task_definition=target.task_definition,
            succeeded=succeeded,
        )


def _monitors(active: bool) -> MonitorStatus:
    return MonitorStatus.MONITORING if active else MonitorStatus.DISABLED


def _watches_alarms(service: Service) -> bool:
    """An alarm that is in ALARM when a deployment starts makes ECS ignore the alarms for that deployment
    (DG/deployment-alarm-failure.html)."""
    names = service.configuration.alarms
    return bool(names) and not alarms.in_alarm(service.account, service.region, names)


def _completed_revision(service: Service) -> tuple[ServiceRevision, ...]:
    return (service.last_completed.revision,) if service.last_completed else ()


def _arn(service: Service, kind: str, name: str) -> str:
    return f"arn:aws:ecs:{service.region}:{service.account}:{kind}/{service.cluster_name}/{service.name}/{name}"


def _revision(service: Service, number: str, now: Any) -> ServiceRevision:
    """`number` is also the deployment id's: clients find the service deployment of a deployment by it."""
    definition = ecs_backends[service.account][service.region].describe_task_definition(service.task_definition)
    platform = service.settings.get("platformVersion")
    network: Mapping[str, Any] | None = service.settings.get("networkConfiguration")
    return ServiceRevision(
        arn=_arn(service, "service-revision", number),
        service_arn=service.arn,
        cluster_arn=service.cluster_arn,
        task_definition=service.task_definition,
        launch_type=service.launch_type,
        platform_version=FARGATE_PLATFORM if platform in (None, "LATEST") else platform,
        load_balancers=tuple(service.load_balancers),
        network_configuration=network,
        containers=tuple((c["name"], c["image"]) for c in definition.container_definitions),
        digests={},
        created_at=now,
    )


def _service_deployment(
    service: Service, revision: ServiceRevision, sources: tuple[ServiceRevision, ...], now: Any
) -> ServiceDeployment:
    configuration = service.configuration
    return ServiceDeployment(
        arn=_arn(service, "service-deployment", uuid.uuid4().hex[:21]),
        service=service,
        created_at=now,
        updated_at=now,
        configuration=configuration,
        breaker_threshold=configuration.breaker_threshold(service.desired_count),
        breaker_status=_monitors(configuration.breaker_enabled),
        alarm_status=_monitors(_watches_alarms(service)),
        sources=sources,
        target=revision,
        counts=(service.desired_count, 0, 0),
    )
