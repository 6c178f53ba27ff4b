"""Plain data for unit tests: an environment's contract, its services, and the script that a rollout follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from appdeploy.model.contract import PlatformContract, ServiceContract
from appdeploy.model.outcome import ServiceResult

REGION = "eu-central-1"
ACCOUNT = "123456789012"
ENVIRONMENT = "staging"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/axonflow-staging-cluster"
DIGESTS = {f"v{number}": f"sha256:{number:064x}" for number in range(1, 10)}
LONG_AGO = datetime(2025, 11, 25, 14, 30, tzinfo=UTC)
CODES = {"ThrottlingException": 400, "ServerException": 500, "ExpiredTokenException": 400}


@dataclass(frozen=True)
class AwsSays:
    """An error answer of AWS."""

    code: str
    message: str = "said AWS"
    more: Mapping[str, Any] = field(default_factory=dict)
    """Fields beside the error, such as DynamoDB's CancellationReasons."""

    @property
    def status(self) -> int:
        return CODES.get(self.code, 400)


def task_definition_arn(name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{name}"


def target_group(name: str) -> str:
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/{name}/0123456789abcdef"


def service_contract(name: str = "agent", **changes: Any) -> ServiceContract:
    values: dict[str, Any] = {
        "name": name,
        "service": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/axonflow-staging-cluster/axonflow-staging-{name}-service",
        "family": f"axonflow-staging-{name}",
        "template": task_definition_arn(f"axonflow-staging-{name}-template:1"),
        "container": name,
        "repository": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/axonflow-staging-{name}",
        "desired_count": 2,
        "target_groups": (target_group(f"{name}-a"), target_group(f"{name}-b")),
        "listener_rule": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:listener-rule/app/lb/1/2/{name}",
    }
    return ServiceContract(**{**values, **changes})


def platform_contract(**changes: Any) -> PlatformContract:
    values: dict[str, Any] = {
        "environment": ENVIRONMENT,
        "account": ACCOUNT,
        "region": REGION,
        "cluster": CLUSTER,
        "releases_table": "axonflow-staging-releases",
        "url": "http://127.0.0.1:8080",
    }
    return PlatformContract(**{**values, **changes})


def described(name: str, image: str, container: str = "agent", tags: dict[str, str] | None = None) -> dict[str, Any]:
    """DescribeTaskDefinition's reply for a revision with a sidecar and settings that a release must not touch."""
    definition = {
        "taskDefinitionArn": task_definition_arn(name),
        "family": name.rsplit(":", 1)[0],
        "revision": int(name.rsplit(":", 1)[1]),
        "status": "ACTIVE",
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "pidMode": "task",
        "requiresCompatibilities": ["FARGATE"],
        "compatibilities": ["EC2", "FARGATE"],
        "requiresAttributes": [{"name": "com.amazonaws.ecs.capability.task-eni"}],
        "registeredAt": LONG_AGO,
        "registeredBy": "arn:aws:iam::123456789012:role/infra",
        "volumes": [{"name": "scratch"}],
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/axonflow/start-tasks",
        "containerDefinitions": [
            {
                "name": container,
                "image": image,
                "essential": True,
                "environment": [{"name": "LOG_LEVEL", "value": "info"}],
                "secrets": [
                    {
                        "name": "DATABASE_PASSWORD",
                        "valueFrom": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:x-AbCdEf",
                    }
                ],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/ecs/axonflow-staging/agent", "awslogs-stream-prefix": "agent"},
                },
                "versionConsistency": "enabled",
            },
            {"name": "metrics", "image": f"public.ecr.aws/metrics/agent@{DIGESTS['v9']}", "essential": False},
        ],
    }
    return {
        "taskDefinition": definition,
        "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
    }


@dataclass(frozen=True)
class FakeTask:
    """One task of the rollout in question."""

    name: str
    address: str = ""
    healthy: bool = False
    stop_code: str = ""
    stopped_reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""
    reason: str = ""
    """What the load balancer says about it."""
    foreign: bool = False
    """Started by another deployment."""
    made: datetime = LONG_AGO
    status: str = ""
    """Its last status, where that is neither RUNNING nor STOPPED."""

    @property
    def stopped(self) -> bool:
        return bool(self.stop_code)


def up(number: int, healthy: bool = True, reason: str = "") -> FakeTask:
    return FakeTask(f"up{number}", f"10.0.0.{number}", healthy, reason=reason)


def crashed(number: int) -> FakeTask:
    return FakeTask(
        f"crash{number}", stop_code="EssentialContainerExited", stopped_reason="Essential container in task exited", exit_code=1
    )


def not_pulled(number: int) -> FakeTask:
    reason = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
    return FakeTask(f"pull{number}", stop_code="TaskFailedToStart", stopped_reason=reason)


@dataclass(frozen=True)
class Moment:
    """A rollout as AWS shows it at one DescribeServices."""

    tasks: tuple[FakeTask, ...] = ()
    status: str = "IN_PROGRESS"
    primary: str = "ours"
    """Which deployment is PRIMARY: ours, former or rival."""
    rollout: str = "IN_PROGRESS"
    """Rollout state of the PRIMARY deployment."""
    reason: str = ""
    count: int | None = None
    """The service's desired count, if it was changed."""
    running: int | None = None
    """All running tasks of the service, if not those of this rollout."""
    events: tuple[str, ...] = ()
    recorded: bool = True
    """Whether ListServiceDeployments knows our deployment."""
    fail: Exception | None = None
    """What DescribeServices raises instead of answering."""
    listed: bool = True
    """Whether ListTasks knows the tasks already: it may lag behind the counts."""
    resolved: str = "a"
    weighted: str = "a"
    triggered: bool = False
    """Whether the circuit breaker had ended it, without a rollback."""
    went_back: bool = False
    """Whether ECS had begun to roll it back."""


@dataclass
class FakeService:
    """One ECS service, its former task definition and the script of its next rollout."""

    contract: ServiceContract
    task_definition: str
    desired: int = 2
    status: str = "ACTIVE"
    rollout: str = "COMPLETED"
    script: list[Moment] = field(default_factory=lambda: [Moment()])
    after_stop: list[Moment] = field(default_factory=list)
    after_empty: list[Moment] = field(default_factory=list)
    after_return: list[Moment] = field(default_factory=list)
    ours: str | None = None
    returned: bool = False
    """Whether it was pointed at what it ran before, by a deployment of its own."""
    stopped: bool = False
    """Whether StopServiceDeployment was accepted."""
    moment: Moment | None = None
    configuration: dict[str, Any] = field(default_factory=lambda: {"minimumHealthyPercent": 100, "maximumPercent": 200})

    told_at: datetime = LONG_AGO
    """When the newest event happened that DescribeServices tells of."""
    names_revisions: bool = False
    """Whether DescribeServices names the service revisions that run."""
    history: tuple[tuple[str, str], ...] = ()
    """PreviousState service deployments, oldest first: task definition and status."""

    restarted_meanwhile: bool = False
    """Whether someone began a deployment between the read and our update: the answer to the update lists it beside ours."""

    taken_back: bool = False
    """Whether it was pointed at its template again, with no task."""

    @property
    def former_id(self) -> str:
        return "ecs-svc/2" if self.taken_back else "ecs-svc/1"

    @property
    def deployment_id(self) -> str:
        return f"ecs-svc/{self._digits}"

    @property
    def revision(self) -> str:
        return f"{self.contract.service.replace(':service/', ':service-revision/')}/{self._digits}"

    @property
    def _digits(self) -> str:
        return "8000000000000000008" if self.returned else "7000000000000000007"

    @property
    def former_revision(self) -> str:
        return f"{self.revision[:-1]}1"

    @property
    def record_arn(self) -> str:
        return self.contract.service.replace(":service/", ":service-deployment/") + "/AbCdEfGhIjKlMnOpQrStU"


@dataclass
class FakeErrand:
    """How a task goes that RunTask started."""

    looks: int = 1
    """How often it is seen running."""
    exit_code: int | None = 0
    stop_code: str = "EssentialContainerExited"
    reason: str = ""
    known: bool = True
    """Whether ECS knows it still."""


class Killed(BaseException):
    """The process is gone: no clean-up of it reaches AWS."""


def only(results: tuple[ServiceResult, ...]) -> ServiceResult:
    """The one result of a release of one service."""
    (result,) = results
    return result


DONE = Moment((up(1), up(2)), status="SUCCESSFUL", rollout="COMPLETED")
ROLLED_BACK = Moment((crashed(1), crashed(2)), status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")


def under_way(aws, *tasks, running=None):
    service = aws.released()
    service.moment = Moment(tasks, running=running)
    service.ours = service.task_definition
    service.script = [service.moment, service.moment, DONE]
    aws.environment(service)
    return service
