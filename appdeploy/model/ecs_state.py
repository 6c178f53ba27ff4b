"""What ECS reports about a service, its deployments and its tasks, as values. Only this module parses those replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        AdvancedConfigurationTypeDef,
        DeploymentTypeDef,
        ServiceDeploymentBriefTypeDef,
        ServiceDeploymentTypeDef,
        ServiceTypeDef,
        TaskTypeDef,
    )

_PRIMARY = "PRIMARY"
_TRIGGERED = "TRIGGERED"
_DEPLOYMENT_PREFIX = "ecs-svc/"
LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands for a time that a reply does not contain."""


class DeploymentStatus(StrEnum):
    """Statuses of a service deployment (API reference of ECS, ServiceDeployment.status)."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOP_REQUESTED = "STOP_REQUESTED"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"

    @property
    def is_rollback(self) -> bool:
        """Whether ECS is rolling back to the previous version, or has done so."""
        return self in (self.ROLLBACK_REQUESTED, self.ROLLBACK_IN_PROGRESS, self.ROLLBACK_SUCCESSFUL)

    @property
    def is_final(self) -> bool:
        """Whether ECS will not change it again."""
        return self in (self.SUCCESSFUL, self.STOPPED, self.ROLLBACK_SUCCESSFUL, self.ROLLBACK_FAILED)


@dataclass(frozen=True)
class Deployment:
    """One entry of a service's `deployments`."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    rollout_state: str
    rollout_reason: str

    @classmethod
    def from_reply(cls, reply: DeploymentTypeDef) -> Self:
        """Read one deployment of DescribeServices' or UpdateService's reply."""
        return cls(
            id=reply["id"],
            status=reply["status"],
            task_definition=reply["taskDefinition"],
            desired=reply.get("desiredCount", 0),
            running=reply.get("runningCount", 0),
            pending=reply.get("pendingCount", 0),
            failed=reply.get("failedTasks", 0),
            # Absent for deployment controllers other than ECS.
            rollout_state=reply.get("rolloutState", "COMPLETED"),
            rollout_reason=reply.get("rolloutStateReason", ""),
        )

    @property
    def in_progress(self) -> bool:
        """Whether ECS is still rolling it out."""
        return self.rollout_state == "IN_PROGRESS"


@dataclass(frozen=True)
class DeploymentSettings:
    """A service's deployment configuration, from DescribeServices."""

    minimum_percent: int
    """Healthy tasks to keep, in per cent of the desired count."""
    maximum_percent: int
    """Tasks that may run at once, in per cent of the desired count."""
    grace_seconds: int
    """How long failing load balancer checks of a new task are ignored."""
    bake_minutes: int
    """How long ECS watches the deployment after all traffic moved to the new tasks."""
    alarms: tuple[str, ...]
    """Names of the deployment alarms; empty when they are not enabled."""
    strategy: str = "ROLLING"

    @classmethod
    def from_reply(cls, reply: ServiceTypeDef) -> Self:
        """Read them from a service. AWS's defaults for a replica service are 100 and 200 per cent."""
        configuration = reply.get("deploymentConfiguration", {})
        alarms = configuration.get("alarms")
        return cls(
            minimum_percent=configuration.get("minimumHealthyPercent", 100),
            maximum_percent=configuration.get("maximumPercent", 200),
            grace_seconds=reply.get("healthCheckGracePeriodSeconds", 0),
            bake_minutes=configuration.get("bakeTimeInMinutes", 0),
            alarms=tuple(alarms["alarmNames"]) if alarms is not None and alarms["enable"] else (),
            strategy=configuration.get("strategy", "ROLLING"),
        )

    def max_running_tasks(self, desired: int) -> int:
        """Tasks that may run at once: "rounded down to the nearest integer" (API reference of ECS)."""
        return desired * self.maximum_percent // 100

    def min_healthy_tasks(self, desired: int) -> int:
        """Healthy tasks that are kept: "rounded up to the nearest integer" (API reference of ECS)."""
        return -(-desired * self.minimum_percent // 100)


class ServiceEvent(NamedTuple):
    """An event of a service, in ECS's words."""

    id: str
    message: str
    at: datetime


@dataclass(frozen=True)
class ServiceState:
    """One service of DescribeServices' reply."""

    arn: str
    name: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...]
    events: tuple[ServiceEvent, ...]
    """The latest events, newest first."""
    revisions: tuple[str, ...]
    """ARNs of the service revisions that run; stale for a moment after an update."""
    settings: DeploymentSettings
    target_groups: tuple[str, ...]
    """The configured target groups: both of a pair, not only the one that serves."""
    listener_rule: str | None
    """The listener rule whose weights ECS shifts between them."""
    latest_timestamp: datetime
    """The newest time in the reply: of an event, or of a deployment's start or last change."""

    @classmethod
    def from_reply(cls, reply: ServiceTypeDef) -> Self:
        """Read one service of DescribeServices' or UpdateService's reply."""
        return cls(
            arn=reply["serviceArn"],
            name=reply["serviceName"],
            status=reply["status"],
            task_definition=reply.get("taskDefinition", ""),
            desired=reply["desiredCount"],
            running=reply["runningCount"],
            pending=reply["pendingCount"],
            deployments=tuple(Deployment.from_reply(item) for item in reply.get("deployments", [])),
            events=tuple(
                ServiceEvent(event["id"], event["message"], event.get("createdAt", LONG_AGO))
                for event in reply.get("events", [])
            ),
            revisions=tuple(item["arn"] for item in reply.get("currentServiceRevisions", [])),
            settings=DeploymentSettings.from_reply(reply),
            target_groups=_target_groups(reply),
            listener_rule=next(
                (item["productionListenerRule"] for item in _advanced(reply) if "productionListenerRule" in item), None
            ),
            latest_timestamp=max(_moments(reply), default=LONG_AGO),
        )

    @property
    def active(self) -> bool:
        """Whether the service exists and is not being deleted."""
        return self.status == "ACTIVE"

    @property
    def primary(self) -> Deployment | None:
        """The PRIMARY deployment: the one that ECS rolls out or keeps running."""
        return next((item for item in self.deployments if item.status == _PRIMARY), None)

    @property
    def settled(self) -> bool:
        """Whether its newest deployment completed. After a failed one the service names a task definition that does not run."""
        return self.primary is not None and self.primary.rollout_state == "COMPLETED"

    def deployment(self, deployment_id: str) -> Deployment | None:
        """The deployment of that id, as long as ECS still lists it."""
        return next((item for item in self.deployments if item.id == deployment_id), None)


@dataclass(frozen=True)
class ServiceDeployment:
    """ECS's own record of one rollout; its status decides how the rollout ended."""

    arn: str
    status: DeploymentStatus
    reason: str
    revision: str
    """ARN of the service revision that it rolls out."""
    created: datetime
    triggered: bool = False
    """Whether the circuit breaker or an alarm ended it, not a request; not part of ListServiceDeployments."""
    rollback_started: bool = False
    """Whether ECS had started to roll it back; not part of ListServiceDeployments."""

    @classmethod
    def from_brief(cls, reply: ServiceDeploymentBriefTypeDef) -> Self:
        """Read one entry of ListServiceDeployments."""
        return cls(
            arn=reply["serviceDeploymentArn"],
            status=DeploymentStatus(reply["status"]),
            reason=reply.get("statusReason", ""),
            revision=reply["targetServiceRevisionArn"],
            created=reply.get("createdAt", LONG_AGO),
        )

    @classmethod
    def from_reply(cls, reply: ServiceDeploymentTypeDef) -> Self:
        """Read one entry of DescribeServiceDeployments."""
        rollback = reply.get("rollback", {})
        return cls(
            arn=reply["serviceDeploymentArn"],
            status=DeploymentStatus(reply["status"]),
            reason=reply.get("statusReason", "") or rollback.get("reason", ""),
            revision=reply["targetServiceRevision"]["arn"],
            created=reply.get("createdAt", LONG_AGO),
            triggered=_TRIGGERED
            in (reply.get("deploymentCircuitBreaker", {}).get("status"), reply.get("alarms", {}).get("status")),
            rollback_started=bool(rollback),
        )

    def rolls_out(self, deployment_id: str) -> bool:
        """Whether it is the record of that entry of `deployments`: the revision's ARN contains the id's digits.

        No document of AWS says so; its own Terraform provider finds deployments that way (internal/service/ecs).
        """
        digits = deployment_id.removeprefix(_DEPLOYMENT_PREFIX)
        return digits in self.revision.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Container:
    """One container of a task, with what explains why the task stopped."""

    name: str
    exit_code: int | None
    reason: str


@dataclass(frozen=True)
class Task:
    """One task of DescribeTasks' reply."""

    arn: str
    started_by: str
    status: str
    health: str
    addresses: frozenset[str]
    """Private addresses of its network interface: its ids in a target group of type `ip`."""
    stop_code: str
    stopped_reason: str
    containers: tuple[Container, ...]
    stopped_at: datetime | None = None
    """When it began to stop; None while it runs."""
    task_definition: str = ""
    """ARN."""

    @classmethod
    def from_reply(cls, reply: TaskTypeDef) -> Self:
        """Read one task."""
        return cls(
            arn=reply["taskArn"],
            started_by=reply.get("startedBy", ""),
            status=reply.get("lastStatus", ""),
            health=reply.get("healthStatus", "UNKNOWN"),
            addresses=_addresses(reply),
            stop_code=reply.get("stopCode", ""),
            stopped_reason=reply.get("stoppedReason", ""),
            stopped_at=reply.get("stoppingAt") or reply.get("stoppedAt"),
            task_definition=reply.get("taskDefinitionArn", ""),
            containers=tuple(
                Container(item.get("name", ""), item.get("exitCode"), item.get("reason", ""))
                for item in reply.get("containers", [])
            ),
        )


def _advanced(reply: ServiceTypeDef) -> list[AdvancedConfigurationTypeDef]:
    return [item["advancedConfiguration"] for item in reply.get("loadBalancers", []) if "advancedConfiguration" in item]


def _target_groups(reply: ServiceTypeDef) -> tuple[str, ...]:
    first = [item["targetGroupArn"] for item in reply.get("loadBalancers", []) if "targetGroupArn" in item]
    other = [item["alternateTargetGroupArn"] for item in _advanced(reply) if "alternateTargetGroupArn" in item]
    return tuple(dict.fromkeys([*first, *other]))


def _moments(reply: ServiceTypeDef) -> Iterator[datetime]:
    yield from (event["createdAt"] for event in reply.get("events", []) if "createdAt" in event)
    for deployment in reply.get("deployments", []):
        yield from (moment for moment in (deployment.get("createdAt"), deployment.get("updatedAt")) if moment is not None)


def _addresses(reply: TaskTypeDef) -> frozenset[str]:
    details = [detail for item in reply.get("attachments", []) for detail in item.get("details", [])]
    return frozenset(detail["value"] for detail in details if detail.get("name") == "privateIPv4Address")


@dataclass(frozen=True)
class DeploymentSnapshot:
    """The deployments that ECS listed before a write: any other deployment is newer."""

    deployments: frozenset[str]
    """Ids. One that ECS rolled back is not listed, although its record may be newer than theirs."""
    at: datetime
    """The newest time in the reply, by ECS's clock: it is never compared with our clock."""

    @classmethod
    def of(cls, state: ServiceState) -> Self:
        """The snapshot of a DescribeServices reply."""
        return cls(frozenset(item.id for item in state.deployments), state.latest_timestamp)

    def precedes(self, record: ServiceDeployment) -> bool:
        """Whether that deployment was created after the snapshot."""
        return record.created >= self.at

    def names(self, record: ServiceDeployment) -> bool:
        """Whether that is the record of one of its deployments."""
        return any(record.rolls_out(deployment) for deployment in self.deployments)


@dataclass(frozen=True)
class ServiceName:
    """A service by ARN and its cluster, by ARN or name."""

    cluster: str
    arn: str
