"""The life of a task, from PROVISIONING to STOPPED."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulator.ecs import errors, logs, network, secrets, wording
from sandbox.emulator.ecs.model import (
    Container,
    Failure,
    Interface,
    LaunchSettings,
    Owner,
    StopCode,
    Task,
    TaskStatus,
)
from sandbox.emulator.elb.dataplane import TaskApp
from sandbox.emulator.elb.health import configuration
from sandbox.emulator.elb.routing import target_group
from sandbox.emulator.elb.targets import Target
from sandbox.emulator.images import Behaviour, CannotPullError, Conduct
from sandbox.emulator.journal import Kind
from sandbox.emulator.world import World

_NEVER = math.inf
_DEFAULT_HEALTH_PATH = "/health"
_DELAY_ATTRIBUTE = "deregistration_delay.timeout_seconds"
_EARLY = (TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING)


class TaskLifecycle:
    """Creates tasks, moves each from status to status when it is due, stops them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._launched = 0

    def launch(self, backend: Any, cluster: Any, definition: Any, settings: LaunchSettings, owner: Owner) -> Task:
        """Start a task in a moto cluster. Raises InvalidParameterException without the network that awsvpc needs."""
        task_id, prefix = uuid.uuid4().hex, f"arn:aws:ecs:{backend.region_name}:{backend.account_id}"
        task = Task(
            id=task_id,
            task_arn=f"{prefix}:task/{cluster.name}/{task_id}",
            region=backend.region_name,
            account=backend.account_id,
            cluster_arn=cluster.arn,
            definition=definition,
            owner=owner,
            settings=settings,
            interface=self._attach(backend, definition, settings),
            containers=_containers(f"{prefix}:container/{cluster.name}/{task_id}", definition.container_definitions),
            created_at=self._world.clock.now(),
            due=self._world.clock.monotonic() + self._world.timings.provision,
            tags=[dict(tag) for tag in settings.tags],
        )
        backend.tasks.setdefault(cluster.name, {})[task.task_arn] = task
        self.note(Kind.TASK_LAUNCHED, task)
        return task

    def note(self, kind: Kind, task: Task, **details: Any) -> None:
        """Write of a task in the journal."""
        service = task.owner.deployment.revision.service_arn if task.owner.deployment else ""
        definition = task.definition.arn
        self._world.journal.add(
            kind, service, task=task.task_arn, started_by=task.owner.started_by, task_definition=definition, **details
        )

    def _attach(self, backend: Any, definition: Any, settings: LaunchSettings) -> Interface | None:
        if definition.network_mode != "awsvpc":
            return None
        if not settings.network_configuration:
            raise errors.no_network_configuration()
        self._launched += 1
        return network.attach(backend.account_id, backend.region_name, settings.network_configuration, self._launched)

    def step(self, task: Task) -> Failure | None:
        """Move a task on if it is due. Returns how it failed, in the step in which it did."""
        if self._world.clock.monotonic() < task.due:
            return None
        if task.stopping:
            self._step_down(task)
            return None
        match task.status:
            case TaskStatus.PROVISIONING:
                return self._place(task)
            case TaskStatus.PENDING:
                return self._pull(task)
            case TaskStatus.ACTIVATING:
                self._run(task)
            case TaskStatus.RUNNING:
                return self._end_by_itself(task)
        return None

    def stop(self, task: Task, reason: str, code: StopCode) -> None:
        """Begin to stop a task: from this moment on its targets get no new request. Harmless when it already stops."""
        if task.stopping:
            return
        now = self._world.clock.monotonic()
        task.stopping, task.stopped_reason, task.stop_code = True, reason, code
        task.stopping_at = self._world.clock.now()
        task.due, task.version = now, task.version + 1
        self.note(Kind.TASK_STOPPING, task, code=code.value, reason=reason)
        for target in task.targets:
            self._world.targets.start_draining(target, now)

    def _enter(self, task: Task, status: TaskStatus, seconds: float) -> None:
        task.status, task.version = status, task.version + 1
        task.due = self._world.clock.monotonic() + seconds

    def _place(self, task: Task) -> Failure | None:
        drawn = [self._world.images.passing_failure(container.definition["image"]) for container in task.containers]
        task.hit_by = next(filter(None, drawn), None)
        if task.hit_by is Behaviour.NO_CAPACITY:
            return self._cannot_start(task, wording.NO_CAPACITY)
        task.pull_started_at = self._world.clock.now()
        self._enter(task, TaskStatus.PENDING, self._world.timings.pull)
        return None

    def _pull(self, task: Task) -> Failure | None:
        if (why := secrets.unavailable(task)) is not None:
            return self._cannot_start(task, why)
        if logs.missing_group(task):
            return self._cannot_start(task, wording.missing_log_group())
        for container in task.containers:
            try:
                conduct = self._pull_container(task, container)
            except CannotPullError as error:
                container.reason = str(error)
                return self._cannot_start(task, str(error))
            if conduct.behaviour is not Behaviour.HEALTHY:
                task.conduct = conduct
        task.pull_stopped_at = self._world.clock.now()
        late = task.conduct.seconds if task.conduct.behaviour is Behaviour.SLOW else 0.0
        self._enter(task, TaskStatus.ACTIVATING, self._world.timings.boot + late)
        return None

    def _pull_container(self, task: Task, container: Container) -> Conduct:
        reference = container.definition["image"]
        if task.hit_by is Behaviour.PULL_TIMEOUT:
            raise CannotPullError(wording.pull_timed_out(reference))
        pinned = task.owner.deployment.revision.digests if task.owner.deployment else {}
        if container.name in pinned:
            reference = f"{reference.partition('@')[0]}@{pinned[container.name]}"
        image = self._world.images.pull(reference)
        container.image_digest = image.digest
        pinned[container.name] = image.digest
        return image.conduct

    def _cannot_start(self, task: Task, reason: str) -> Failure:
        self.stop(task, reason, StopCode.FAILED_TO_START)
        return Failure.NOT_STARTED

    def _run(self, task: Task) -> None:
        world = self._world
        crashes = task.conduct.behaviour is Behaviour.CRASH
        self._enter(task, TaskStatus.RUNNING, self._seconds_of_running(task))
        task.started_at, task.running_since = world.clock.now(), world.clock.monotonic()
        for container in task.containers:
            container.last_status, container.runtime_id = TaskStatus.RUNNING, f"{task.id}-{uuid.uuid4().int % 10**10:010d}"
            logs.write(task, container, [f"starting {task.command or container.definition['image']}"], world.clock.now())
        digests, ip = {each.name: each.image_digest for each in task.containers}, task.interface and task.interface.ip
        self.note(Kind.TASK_RUNNING, task, digests=digests, ip=ip)
        groups = _target_groups(task)
        if not task.command and (not crashes or task.conduct.seconds):
            task.local_port = world.dataplane.start_task(_application(task, world, groups))
        for entry, group in groups:
            self._register(task, entry, group)

    def _register(self, task: Task, entry: Mapping[str, Any], group: Any) -> None:
        if task.interface is None:
            return
        interval = configuration(group).interval * self._world.timings.health_second
        target = Target(
            group_arn=group.arn,
            ip=task.interface.ip,
            port=int(entry["containerPort"]),
            local_port=task.local_port,
            availability_zone=task.interface.availability_zone,
            next_check=self._world.clock.monotonic() + interval,
        )
        task.targets.append(target)
        self._world.targets.register(target)

    def _seconds_of_running(self, task: Task) -> float:
        """How long it runs before it ends by itself."""
        if task.hit_by is Behaviour.SPOT:
            return self._world.timings.spot
        if task.conduct.behaviour is Behaviour.CRASH:
            return task.conduct.seconds or self._world.timings.crash
        if task.command and task.conduct.behaviour is not Behaviour.TASK_HANGS:
            return self._world.timings.command
        return _NEVER

    def _end_by_itself(self, task: Task) -> Failure | None:
        if task.hit_by is Behaviour.SPOT:
            # Whether the circuit breaker counts it is not published; the scheduler "attempts to launch additional tasks".
            self.stop(task, wording.SPOT, StopCode.SPOT)
            return None
        return self._complete(task) if task.conduct.behaviour is not Behaviour.CRASH else self._crash(task)

    def _complete(self, task: Task) -> Failure | None:
        """A one-off command comes to its end."""
        code = task.conduct.code
        for container in task.containers:
            logs.write(task, container, [f"{task.command}: {'failed' if code else 'done'}"], self._world.clock.now())
        self._end_containers(task, exit_code=code)
        self.stop(task, wording.CONTAINER_EXITED, StopCode.CONTAINER_EXITED)
        return Failure.EXITED if code else None

    def _crash(self, task: Task) -> Failure:
        lines = ["connecting to the database", "panic: cannot reach database"]
        for container in task.containers:
            logs.write(task, container, lines, self._world.clock.now())
        self._end_containers(task, exit_code=1)
        self.stop(task, wording.CONTAINER_EXITED, StopCode.CONTAINER_EXITED)
        return Failure.EXITED

    def _step_down(self, task: Task) -> None:
        timings = self._world.timings
        match task.status:
            case TaskStatus.RUNNING:
                self._enter(task, TaskStatus.DEACTIVATING, 0)
            case TaskStatus.DEACTIVATING:
                if all(self._drained(target) for target in task.targets):
                    for target in task.targets:
                        self._world.targets.remove(target)
                    self._enter(task, TaskStatus.STOPPING, timings.stop)
            case TaskStatus.STOPPING:
                self._end_containers(task, exit_code=0)
                self._enter(task, TaskStatus.DEPROVISIONING, timings.deprovision)
            case TaskStatus.DEPROVISIONING:
                self._finish(task)
            case status if status in _EARLY:
                self._end_containers(task, exit_code=None)
                self._enter(task, TaskStatus.DEPROVISIONING, timings.deprovision)

    def _drained(self, target: Target) -> bool:
        group = target_group(target.group_arn)
        configured = float(group.attributes[_DELAY_ATTRIBUTE]) if group is not None else 0.0
        return self._world.targets.drained(
            target,
            self._world.clock.monotonic(),
            delay=configured * self._world.timings.drain_second,
            at_latest=configured,
        )

    def _end_containers(self, task: Task, exit_code: int | None) -> None:
        if task.local_port is not None:
            self._world.dataplane.stop_task(task.local_port)
            task.local_port = None
        if task.execution_stopped_at is None:
            task.execution_stopped_at = self._world.clock.now()
            for container in task.containers:
                container.last_status, container.exit_code = TaskStatus.STOPPED, exit_code

    def _finish(self, task: Task) -> None:
        self._enter(task, TaskStatus.STOPPED, _NEVER)
        task.stopped_at = self._world.clock.now()
        exit_codes = {container.name: container.exit_code for container in task.containers}
        self.note(Kind.TASK_STOPPED, task, code=task.stop_code, reason=task.stopped_reason, exit_codes=exit_codes)
        if task.interface is not None:
            network.release(task.account, task.region, task.interface)


def _containers(arn_prefix: str, definitions: Sequence[Mapping[str, Any]]) -> list[Container]:
    return [Container(f"{arn_prefix}/{uuid.uuid4()}", definition) for definition in definitions]


def _target_groups(task: Task) -> list[tuple[Mapping[str, Any], Any]]:
    """The loadBalancers entries of the task's revision with moto's target groups, as far as those still exist."""
    entries = task.owner.deployment.revision.load_balancers if task.owner.deployment else ()
    found = [(entry, target_group(entry["targetGroupArn"])) for entry in entries]
    return [(entry, group) for entry, group in found if group is not None]


def _application(task: Task, world: World, groups: Sequence[tuple[Mapping[str, Any], Any]]) -> TaskApp:
    """The application of the container that serves: the one behind a target group, else the first."""
    serving = groups[0][0]["containerName"] if groups else task.containers[0].name
    container = next(c for c in task.containers if c.name == serving)
    return TaskApp(
        task_id=task.id,
        version=world.images.pull(container.definition["image"]).version,
        health_paths=frozenset([_DEFAULT_HEALTH_PATH, *(configuration(group).path for _, group in groups)]),
        health_status=503 if task.conduct.behaviour is Behaviour.UNHEALTHY else 200,
    )
