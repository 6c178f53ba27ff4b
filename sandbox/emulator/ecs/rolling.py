"""The rolling update: what to launch, what to stop, when a deployment has failed or is complete.

DG/deployment-type-ecs.html for minimumHealthyPercent and maximumPercent, DG/deployment-circuit-breaker.html for failures.
"""

from __future__ import annotations

from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.emulator import alarms
from sandbox.emulator.ecs import wording
from sandbox.emulator.ecs.model import (
    Deployment,
    Failure,
    LaunchSettings,
    MonitorStatus,
    Owner,
    RolloutState,
    Service,
    ServiceDeploymentStatus,
    ServiceStatus,
    StopCode,
    Task,
    TaskStatus,
)
from sandbox.emulator.ecs.rollout import Rollout
from sandbox.emulator.ecs.tasks import TaskLifecycle
from sandbox.emulator.images import Behaviour
from sandbox.emulator.journal import Kind
from sandbox.emulator.world import World

_STEADY_AGAIN_MINUTES = 360.0
"""The event of a steady state comes again while it lasts: "periodically" (DG/ecs_service_events.html), which is each 21,600 s
in the events that github.com/aws/containers-roadmap/issues/333 and github.com/boto/boto3/issues/1942 show."""


class RollingScheduler:
    """Brings a service, step by step, to what it wants to be."""

    def __init__(self, world: World, lifecycle: TaskLifecycle, rollout: Rollout) -> None:
        self._world = world
        self._lifecycle = lifecycle
        self._rollout = rollout

    def step(self, service: Service) -> None:
        """Do what is due now."""
        if service.status is ServiceStatus.INACTIVE:
            return
        self._advance_tasks(service)
        if service.status is ServiceStatus.DRAINING:
            self._drain(service)
        else:
            self._judge(service)
            self._retire(service)
            self._launch(service)
            _refresh_counts(service)
            self._settle(service)

    def _advance_tasks(self, service: Service) -> None:
        for task in list(service.tasks.values()):
            was_running, was_draining = task.status is TaskStatus.RUNNING, task.status is TaskStatus.DEACTIVATING
            failure = self._lifecycle.step(task)
            if failure is None:
                failure = self._fail_unhealthy(service, task)
            if failure is not None:
                self._count_failure(service, task, failure)
            elif task.healthy and not task.was_healthy:
                self._count_success(service, task)
            self._tell_of_targets(service, task, was_running=was_running, was_draining=was_draining)
            if task.status is TaskStatus.STOPPED:
                del service.tasks[task.id]

    def _fail_unhealthy(self, service: Service, task: Task) -> Failure | None:
        """ECS replaces a task that its load balancer finds unhealthy, once the grace period is over."""
        bad = [target for target in task.targets if target.unhealthy]
        grace = float(service.settings.get("healthCheckGracePeriodSeconds") or 0) * self._world.timings.grace_second
        if task.stopping or not bad or self._world.clock.monotonic() < task.running_since + grace:
            return None
        for target in bad:
            why = f"(port {target.port}) is unhealthy in (target-group {target.group_arn})"
            self._rollout.event(service, f"{why} due to (reason {target.verdict.description}).")
        reason = wording.failed_health_checks([target.group_arn for target in bad])
        self._stop(service, [task], reason)
        return Failure.UNHEALTHY

    def _count_failure(self, service: Service, task: Task, failure: Failure) -> None:
        deployment = task.owner.deployment
        assert deployment is not None
        if task.hit_by is Behaviour.NO_CAPACITY:
            self._rollout.event(service, wording.UNPLACED)
        # A container that exits after RUNNING stays out of failedTasks (aws/containers-roadmap issue 1206), and when
        # the task had been healthy before, the circuit breaker does not count it either.
        if failure is not Failure.EXITED and not deployment.proven:
            deployment.failed_tasks += 1
        if failure is not Failure.EXITED or not task.was_healthy:
            deployment.breaker_failures += 1
        deployment.updated_at = self._world.clock.now()
        if failure is Failure.NOT_STARTED:
            self._throttle(service, deployment)

    def _throttle(self, service: Service, deployment: Deployment) -> None:
        """Slow launches down. "Tasks that are stopped after they reach the RUNNING state do not trigger the throttle logic
        or the associated service event message" (DG/service-throttle-logic.html)."""
        deployment.consecutive_failures += 1
        timings = self._world.timings
        pause = min(timings.backoff * deployment.consecutive_failures, timings.backoff_limit)
        service.launch_after = self._world.clock.monotonic() + pause
        if deployment.consecutive_failures == deployment.service_deployment.breaker_threshold:
            self._rollout.event(service, wording.IMPAIRED)

    def _count_success(self, service: Service, task: Task) -> None:
        deployment = task.owner.deployment
        assert deployment is not None
        task.was_healthy = deployment.proven = True
        self._lifecycle.note(Kind.TASK_HEALTHY, task)
        deployment.failed_tasks = deployment.consecutive_failures = 0
        if service.configuration.resets_on_healthy_task:
            deployment.breaker_failures = 0

    def _tell_of_targets(self, service: Service, task: Task, *, was_running: bool, was_draining: bool) -> None:
        if not task.targets:
            return
        groups = ", ".join(f"(target-group {target.group_arn})" for target in task.targets)
        if not was_running and task.status is TaskStatus.RUNNING:
            self._rollout.event(service, f"registered 1 targets in {groups}")
        elif was_running and task.status is TaskStatus.DEACTIVATING:
            self._rollout.event(service, "has begun draining connections on 1 tasks.")
        elif was_draining and task.status is TaskStatus.STOPPING:
            self._rollout.event(service, f"deregistered 1 targets in {groups}")

    def _drain(self, service: Service) -> None:
        for task in service.live():
            self._lifecycle.stop(task, "Service deleted", StopCode.SCHEDULER)
        if not service.tasks:
            service.status = ServiceStatus.INACTIVE

    def _judge(self, service: Service) -> None:
        primary, running = service.primary, service.primary.service_deployment
        if running.status is ServiceDeploymentStatus.ROLLBACK_REQUESTED:
            self._rollout.carry_out_stop(service)
            return
        self._watch_alarms(service)
        configuration = service.configuration
        if not (primary.in_progress and configuration.breaker_enabled):
            return
        threshold = configuration.breaker_threshold(service.desired_count)
        if primary.rolls_back is None:
            running.breaker_threshold, running.failure_count = threshold, primary.breaker_failures
        if primary.breaker_failures >= threshold:
            self._rollout.trip_breaker(service)

    def _watch_alarms(self, service: Service) -> None:
        primary, running = service.primary, service.primary.service_deployment
        # A rollback under way is not watched: the alarm that caused it may last.
        if not primary.in_progress or primary.rolls_back or running.alarm_status is not MonitorStatus.MONITORING:
            return
        triggered = alarms.in_alarm(service.account, service.region, running.configuration.alarms)
        if triggered:
            self._rollout.trip_alarms(service, triggered)

    def _launch(self, service: Service) -> None:
        primary, now = service.primary, self._world.clock.monotonic()
        if primary.rollout_state is RolloutState.FAILED or now < service.launch_after:
            return
        room = service.configuration.most_tasks(service.desired_count) - sum(t.occupies for t in service.tasks.values())
        if primary.replaces is not None:
            lost = self._still_needed(service, primary.replaces) - len(service.live(primary.replaces))
            room -= self._launch_some(service, primary.replaces, min(lost, room))
        missing = service.desired_count - len(service.live(primary))
        if missing > 0 and room <= 0:
            self._tell_of_deadlock(service, primary)
        self._launch_some(service, primary, min(missing, room))

    def _still_needed(self, service: Service, former: Deployment) -> int:
        """How many tasks the former revision is to have while the new one starts: what the healthy minimum lacks.

        Since November 2025 a lost task of the revision that serves is replaced by one of the same revision, and a higher
        count is followed by both
        (aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments).
        """
        others = sum(task.healthy for task in service.live() if task.owner.deployment is not former)
        return max(0, service.configuration.fewest_healthy(service.desired_count) - others)

    def _launch_some(self, service: Service, deployment: Deployment, count: int) -> int:
        started = [self._launch_one(service, deployment) for _ in range(count)]
        if started:
            self._rollout.event(service, f"has started {wording.tasks([task.id for task in started])}")
        return len(started)

    def _launch_one(self, service: Service, deployment: Deployment) -> Task:
        backend = ecs_backends[service.account][service.region]
        definition = backend.describe_task_definition(deployment.task_definition)
        task = self._lifecycle.launch(
            backend,
            backend.clusters[service.cluster_name],
            definition,
            _launch_settings(service, deployment, definition),
            Owner(f"service:{service.name}", deployment.id, deployment),
        )
        service.tasks[task.id] = task
        service.steady_event_at = None
        return task

    def _tell_of_deadlock(self, service: Service, primary: Deployment) -> None:
        live = service.live()
        fewest = service.configuration.fewest_healthy(service.desired_count)
        waiting = len(live) < len(service.tasks) or any(not task.healthy for task in live)
        if waiting or len(live) > fewest or not primary.in_progress:
            return
        if not any(wording.DEADLOCK in event["message"] for event in service.events[:1]):
            self._rollout.event(service, wording.DEADLOCK)

    def _retire(self, service: Service) -> None:
        """Stop what is not wanted any more, without going below the healthy minimum."""
        primary = service.primary
        if primary.rollout_state is RolloutState.FAILED:
            self._trim_stalled(service)
            return
        new = service.live(primary)
        surplus = sorted(new, key=lambda task: task.healthy)[: max(0, len(new) - service.desired_count)]
        old = [task for task in service.live() if task.owner.deployment is not primary]
        spare = sum(task.healthy for task in service.live()) - service.configuration.fewest_healthy(service.desired_count)
        replaced = [task for task in old if not task.healthy and task.owner.deployment is not primary.replaces]
        replaced += self._needless(service, primary.replaces)
        replaced += [task for task in old if task.healthy][: max(0, spare)]
        self._stop(service, surplus + replaced, wording.scaling(primary.id))

    def _needless(self, service: Service, former: Deployment | None) -> list[Task]:
        """Tasks of the former revision that were started to replace lost ones and that nobody needs any more."""
        if former is None:
            return []
        live = service.live(former)
        starting = [task for task in live if not task.healthy]
        return starting[: max(0, len(live) - self._still_needed(service, former))]

    def _trim_stalled(self, service: Service) -> None:
        """Under a failed deployment nothing is launched or replaced; a lowered count is still followed."""
        live = sorted(service.live(), key=lambda task: (task.healthy, task.owner.deployment is not service.primary))
        extra = max(0, len(live) - service.desired_count)
        self._stop(service, live[:extra], wording.scaling(service.primary.id))

    def _stop(self, service: Service, tasks: list[Task], reason: str) -> None:
        for task in tasks:
            self._lifecycle.stop(task, reason, StopCode.SCHEDULER)
        if tasks:
            service.steady_event_at = None
            text = wording.tasks([task.id for task in tasks]).replace("tasks:", "running tasks:", 1)
            self._rollout.event(service, f"has stopped {text}")

    def _settle(self, service: Service) -> None:
        primary = service.primary
        shown = {primary, primary.rolls_back, *(task.owner.deployment for task in service.tasks.values())}
        service.deployments = [deployment for deployment in service.deployments if deployment in shown]
        tasks = list(service.tasks.values())
        as_wanted = len(tasks) == service.desired_count and all(task.healthy for task in tasks)
        if primary.rollout_state is not RolloutState.FAILED:
            as_wanted = as_wanted and all(task.owner.deployment is primary for task in tasks)
        if as_wanted and primary.in_progress:
            if self._bakes(service):
                return
            self._rollout.complete(service)
        self._tell_of_steady_state(service, steady=as_wanted)

    def _tell_of_steady_state(self, service: Service, *, steady: bool) -> None:
        now, last = self._world.clock.monotonic(), service.steady_event_at
        if not steady:
            service.steady_event_at = None
        elif last is None or now - last >= _STEADY_AGAIN_MINUTES * self._world.timings.minute:
            service.steady_event_at = now
            self._rollout.event(service, wording.STEADY)

    def _bakes(self, service: Service) -> bool:
        """Whether a deployment that runs as wanted is still to be watched. A rollback, or nothing, is complete at once."""
        running, now = service.primary.service_deployment, self._world.clock.monotonic()
        if service.primary.rolls_back is not None or not service.desired_count:
            return False
        if running.bakes_until is None:
            minutes: float = running.configuration.bake_minutes
            if not minutes and running.alarm_status is MonitorStatus.MONITORING:
                minutes = alarms.bake_minutes(service.account, service.region, running.configuration.alarms)
            self._rollout.begin_bake(service, now + minutes * self._world.timings.minute)
        return running.bakes_until is not None and now < running.bakes_until


def _refresh_counts(service: Service) -> None:
    for deployment in service.deployments:
        watched = deployment.service_deployment
        if watched.status.finished:
            continue
        running, pending = counts(service, deployment)
        requested = service.desired_count if deployment is service.primary else len(service.live(deployment))
        watched.counts = (requested, running, pending)


def counts(service: Service, deployment: Deployment | None = None) -> tuple[int, int]:
    """Running and pending tasks, of one deployment or of all."""
    tasks = [t for t in service.tasks.values() if deployment is None or t.owner.deployment is deployment]
    running = sum(task.status is TaskStatus.RUNNING for task in tasks)
    pending = sum(task.status is not TaskStatus.RUNNING and not task.stopping for task in tasks)
    return running, pending


def _launch_settings(service: Service, deployment: Deployment, definition: Any) -> LaunchSettings:
    settings, revision = service.settings, deployment.revision
    tags = list({"SERVICE": service.tags, "TASK_DEFINITION": definition.tags}.get(settings["propagateTags"], []))
    if settings["enableECSManagedTags"]:
        tags.append({"key": "aws:ecs:clusterName", "value": service.cluster_name})
        tags.append({"key": "aws:ecs:serviceName", "value": service.name})
    return LaunchSettings(
        launch_type=revision.launch_type or "FARGATE",
        platform_version=revision.platform_version,
        network_configuration=revision.network_configuration,
        enable_execute_command=bool(settings["enableExecuteCommand"]),
        tags=tuple(tags),
    )
