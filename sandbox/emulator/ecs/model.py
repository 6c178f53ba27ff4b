"""The objects of the scheduler: services, their deployments, tasks. State only; the rules are in the modules beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.emulator.ecs.configuration import DeploymentConfiguration
from sandbox.emulator.elb.targets import Target
from sandbox.emulator.images import Behaviour, Conduct


class TaskStatus(StrEnum):
    """A task's lastStatus (docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html)."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


class StopCode(StrEnum):
    """Why a task stopped (API reference, Task.stopCode)."""

    FAILED_TO_START = "TaskFailedToStart"
    CONTAINER_EXITED = "EssentialContainerExited"
    USER = "UserInitiated"
    SCHEDULER = "ServiceSchedulerInitiated"
    SPOT = "SpotInterruption"


class Failure(StrEnum):
    """How a service's task failed, as the circuit breaker tells them apart."""

    NOT_STARTED = "not started"
    EXITED = "exited"
    UNHEALTHY = "unhealthy"


class ServiceStatus(StrEnum):
    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


class DeploymentStatus(StrEnum):
    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"


class RolloutState(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ServiceDeploymentStatus(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"

    @property
    def stoppable(self) -> bool:
        """Whether StopServiceDeployment takes it (DG/stop-service-deployment.html)."""
        return self in (_S.IN_PROGRESS, _S.ROLLBACK_REQUESTED, _S.ROLLBACK_IN_PROGRESS)

    @property
    def finished(self) -> bool:
        return not self.stoppable


_S = ServiceDeploymentStatus


class MonitorStatus(StrEnum):
    """Of the circuit breaker and of the alarms."""

    DISABLED = "DISABLED"
    MONITORING = "MONITORING"
    TRIGGERED = "TRIGGERED"
    COMPLETE = "MONITORING_COMPLETE"


@dataclass(eq=False)
class Container:
    """One container of a task."""

    arn: str
    definition: Mapping[str, Any]
    last_status: TaskStatus = TaskStatus.PENDING
    image_digest: str | None = None
    runtime_id: str | None = None
    exit_code: int | None = None
    reason: str | None = None

    @property
    def name(self) -> str:
        return str(self.definition["name"])


@dataclass(frozen=True)
class Interface:
    """A task's elastic network interface."""

    eni_id: str
    attachment_id: str
    ip: str
    mac_address: str
    subnet_id: str
    availability_zone: str


@dataclass(frozen=True)
class LaunchSettings:
    """What a service or a RunTask call says about the tasks it launches; documents are the API's."""

    launch_type: str
    platform_version: str
    network_configuration: Mapping[str, Any] | None
    enable_execute_command: bool
    tags: tuple[Mapping[str, str], ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Owner:
    """On whose behalf a task runs."""

    group: str
    """`service:NAME` or `family:NAME`."""
    started_by: str
    deployment: Deployment | None = None
    """None for a task of RunTask."""


@dataclass(eq=False)
class Task:
    """A task. `task_arn` and `tags` are named as moto's tagging code expects them."""

    id: str
    task_arn: str
    region: str
    account: str
    cluster_arn: str
    definition: Any
    """moto's task definition."""
    owner: Owner
    settings: LaunchSettings
    interface: Interface | None
    containers: list[Container]
    created_at: datetime
    due: float
    """When the next change of status is due, in the clock's seconds."""
    tags: list[dict[str, str]] = field(default_factory=list)
    status: TaskStatus = TaskStatus.PROVISIONING
    stopping: bool = False
    conduct: Conduct = field(default_factory=Conduct)
    hit_by: Behaviour | None = None
    """The passing failure that this task was dealt."""
    version: int = 1
    local_port: int | None = None
    targets: list[Target] = field(default_factory=list)
    was_healthy: bool = False
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    started_at: datetime | None = None
    running_since: float = 0.0
    stopping_at: datetime | None = None
    execution_stopped_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: StopCode | None = None
    stopped_reason: str | None = None

    @property
    def command(self) -> str:
        """The command that RunTask gave one of its containers instead of the image's own; empty when it gave none."""
        overrides = self.settings.overrides.get("containerOverrides") or []
        given = (override.get("command") for override in overrides if self.owner.deployment is None)
        return " ".join(next(filter(None, given), []))

    @property
    def desired_status(self) -> str:
        return "STOPPED" if self.stopping else "RUNNING"

    @property
    def healthy(self) -> bool:
        """Running, wanted and healthy in every target group that it is in."""
        return not self.stopping and self.status is TaskStatus.RUNNING and all(t.healthy for t in self.targets)

    @property
    def occupies(self) -> bool:
        """Counts against maximumPercent: "in the RUNNING or PENDING state" (API, DeploymentConfiguration)."""
        return self.status is TaskStatus.RUNNING or (not self.stopping and self.status is not TaskStatus.STOPPED)


@dataclass(frozen=True)
class ServiceRevision:
    """What a deployment runs; documents are the API's."""

    arn: str
    service_arn: str
    cluster_arn: str
    task_definition: str
    launch_type: str | None
    platform_version: str
    load_balancers: tuple[Mapping[str, Any], ...]
    network_configuration: Mapping[str, Any] | None
    containers: tuple[tuple[str, str], ...]
    """Name and image reference of each."""
    digests: dict[str, str]
    """By container, once the first task has pulled its image: later tasks of the revision get the same content
    (version consistency, DG/deployment-type-ecs.html)."""
    created_at: datetime


@dataclass(eq=False)
class Deployment:
    """An entry of a service's `deployments`."""

    id: str
    task_definition: str
    revision: ServiceRevision
    service_deployment: ServiceDeployment
    created_at: datetime
    updated_at: datetime
    status: DeploymentStatus = DeploymentStatus.PRIMARY
    rollout_state: RolloutState = RolloutState.IN_PROGRESS
    rollout_reason: str = ""
    failed_tasks: int = 0
    """The API's count: tasks that did not reach RUNNING or failed health checks, until one ran well."""
    breaker_failures: int = 0
    """The circuit breaker's count."""
    consecutive_failures: int = 0
    """Tasks that did not reach RUNNING: what slows the next launches down."""
    proven: bool = False
    """A task of this deployment has run well."""
    replaces: Deployment | None = None
    """The completed deployment whose tasks served when this one began."""
    rolls_back: Deployment | None = None
    """The failed deployment that this one, completed earlier, replaces again."""

    @property
    def in_progress(self) -> bool:
        return self.rollout_state is RolloutState.IN_PROGRESS


@dataclass(frozen=True)
class Rollback:
    reason: str
    started_at: datetime
    revision_arn: str


@dataclass(eq=False)
class ServiceDeployment:
    """What DescribeServiceDeployments shows of a deployment."""

    arn: str
    service: Service
    created_at: datetime
    configuration: DeploymentConfiguration
    breaker_threshold: int
    breaker_status: MonitorStatus
    sources: tuple[ServiceRevision, ...]
    target: ServiceRevision
    updated_at: datetime
    status: ServiceDeploymentStatus = ServiceDeploymentStatus.IN_PROGRESS
    status_reason: str | None = None
    lifecycle_stage: str = "SCALE_UP"
    rollback: Rollback | None = None
    failure_count: int = 0
    alarm_status: MonitorStatus = MonitorStatus.DISABLED
    triggered_alarms: tuple[str, ...] = ()
    bakes_until: float | None = None
    """When its bake is over, in the clock's seconds; None before the bake."""
    stopped_at: datetime | None = None
    finished_at: datetime | None = None
    counts: tuple[int, int, int] = (0, 0, 0)
    """Requested, running and pending tasks of the target revision; frozen when the service deployment ends."""

    @property
    def deployment_id(self) -> str:
        """The id in the service's `deployments`, whose digits the revision carries."""
        return f"ecs-svc/{self.target.arn.rsplit('/', 1)[1]}"


@dataclass(eq=False)
class Service:
    """A service. The names that moto's tagging and autoscaling code reads are moto's."""

    arn: str
    name: str
    account: str
    region: str
    cluster_name: str
    cluster_arn: str
    task_definition: str
    desired_count: int
    configuration: DeploymentConfiguration
    settings: dict[str, Any]
    """What the API was told beside the fields above, by its API name, as Create and Update left it."""
    tags: list[dict[str, str]]
    created_at: datetime
    created_by: str
    status: ServiceStatus = ServiceStatus.ACTIVE
    deployments: list[Deployment] = field(default_factory=list)
    """The PRIMARY one first."""
    last_completed: Deployment | None = None
    service_deployments: list[ServiceDeployment] = field(default_factory=list)
    """Newest first."""
    revisions: dict[str, ServiceRevision] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    """By id, until STOPPED."""
    events: list[Mapping[str, Any]] = field(default_factory=list)
    """The API's documents, newest first."""
    launch_after: float = 0.0
    steady_event_at: float | None = None
    """When an event last said that its state is steady, by the emulator's clock; None while it is not."""
    client_token: str | None = None

    @property
    def physical_resource_id(self) -> str:
        return self.arn

    @property
    def primary(self) -> Deployment:
        return self.deployments[0]

    @property
    def launch_type(self) -> str | None:
        value: str | None = self.settings.get("launchType")
        return value

    @property
    def scheduling_strategy(self) -> str:
        return str(self.settings["schedulingStrategy"])

    @property
    def load_balancers(self) -> list[Mapping[str, Any]]:
        value: list[Mapping[str, Any]] = self.settings["loadBalancers"]
        return value

    def live(self, deployment: Deployment | None = None) -> list[Task]:
        """Tasks that are wanted: of one deployment, or of all."""
        tasks = [task for task in self.tasks.values() if not task.stopping]
        return tasks if deployment is None else [task for task in tasks if task.owner.deployment is deployment]
