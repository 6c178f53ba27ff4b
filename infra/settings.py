"""What a stack file may say: the settings of one environment, checked before anything is built.

Staging and production are one program; all that differs between them stands in their two stack files under
`axonflow:platform`. The models are plain data: nothing here asks AWS.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from appdeploy.contract import ENVIRONMENT_PATTERN, SERVICE_PATTERN
from infra.alarm_settings import AlarmSettings
from infra.data_settings import CacheSettings, DatabaseSettings
from infra.naming import ROLE_LENGTH, Names
from infra.network_settings import NetworkSettings
from infra.section import Section

FARGATE_MEMORY: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
"""Fargate's CPU units and the memory in MiB that goes with each
(docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html)."""

LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""What PutRetentionPolicy takes (docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)."""

SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "PRIVATE_KEY", "API_KEY")
"""Parts of a variable's name that mark its value as secret: such a value never stands in a stack file."""

PathPattern = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_\-.$/~\"'@:+*?&]*$", max_length=128)]


class SettingsError(ValueError):
    """Settings that cannot be built. The message has a line for each thing that is wrong."""


class LoadBalancerSettings(Section):
    """The public load balancer."""

    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 120
    """Seconds without a byte before it closes a connection: at least the longest request."""


class RegistrySettings(Section):
    """How long the image repositories keep what was never released. Released images stay until `appdeploy prune`."""

    untagged_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days after its push for an image whose tags are gone: left over by a push that broke off, or by hand."""
    unreleased_days: Annotated[int, Field(ge=7, le=3650)]
    """Days after its push within which an image has to be released at least once. Under a week it might expire while it is
    still being tested."""


class ServiceSettings(Section):
    """One service behind a load balancer."""

    port: Annotated[int, Field(ge=1, le=65535)]
    cpu: int
    memory: int
    """MiB; Fargate has a list for each `cpu`."""
    desired_count: Annotated[int, Field(ge=1, le=1000)]
    """How many tasks the first release starts."""
    public_paths: Annotated[tuple[PathPattern, ...], Field(min_length=1, max_length=5)]
    """Path patterns of the public load balancer that reach this service."""
    priority: Annotated[int, Field(ge=1, le=50000)] = 100
    """The listener rule's place among the others; lower numbers are asked first."""
    health_path: Annotated[str, StringConstraints(pattern=r"^/")] = "/health"
    health_grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long a starting task may fail the load balancer's check before ECS replaces it."""
    longest_request_seconds: Annotated[int, Field(ge=1, le=120)] = 120
    """How long a stopping task may finish what it holds. 120 s is Fargate's limit for a container's stop timeout."""
    uses: frozenset[Literal["database", "cache"]] = frozenset({"database", "cache"})
    """What it is let through to, and gets the addresses and secrets of."""
    environment: dict[str, str] = {}

    @model_validator(mode="after")
    def _fargate_size(self) -> Self:
        memories = FARGATE_MEMORY.get(self.cpu)
        if memories is None:
            raise ValueError(f"cpu {self.cpu} is not a Fargate size; there are {', '.join(map(str, FARGATE_MEMORY))}")
        if self.memory not in memories:
            shown = ", ".join(map(str, memories[:8])) + (" ..." if len(memories) > 8 else "")
            raise ValueError(f"memory {self.memory} does not go with cpu {self.cpu} on Fargate; it takes {shown}")
        return self

    @field_validator("environment")
    @classmethod
    def _nothing_secret(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if any(word in name.upper() for word in SECRET_WORDS):
                raise ValueError(f"{name} looks like a secret; stack files hold none")
        return value


class PlatformSettings(Section):
    """All that a stack file says under `axonflow:platform`."""

    network: NetworkSettings
    registry: RegistrySettings
    database: DatabaseSettings
    cache: CacheSettings
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    alarms: AlarmSettings = AlarmSettings()
    log_retention_days: int
    protect: bool
    """Whether Pulumi and AWS refuse to delete what holds data or traffic."""
    services: Annotated[
        dict[Annotated[str, StringConstraints(pattern=f"^{SERVICE_PATTERN}$")], ServiceSettings], Field(min_length=1)
    ]

    @field_validator("log_retention_days")
    @classmethod
    def _retention_that_aws_takes(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(f"CloudWatch Logs keeps for {', '.join(map(str, LOG_RETENTION_DAYS))} days, not for {value}")
        return value

    @model_validator(mode="after")
    def _requests_outlive_nothing(self) -> Self:
        for name, service in self.services.items():
            if service.longest_request_seconds > self.load_balancer.idle_timeout:
                raise ValueError(
                    f"services.{name}.longest_request_seconds {service.longest_request_seconds} exceeds "
                    f"load_balancer.idle_timeout {self.load_balancer.idle_timeout}: the load balancer would cut such a request"
                )
        return self

    @model_validator(mode="after")
    def _one_place_per_rule(self) -> Self:
        taken: dict[int, str] = {}
        for name, service in self.services.items():
            if service.priority in taken:
                raise ValueError(
                    f"services.{name} and services.{taken[service.priority]} have the same priority {service.priority}"
                )
            taken[service.priority] = name
        return self


class Environment(Section):
    """One environment: its name (the stack's), its region and its settings."""

    name: Annotated[str, StringConstraints(pattern=f"^{ENVIRONMENT_PATTERN}$")]
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    platform: PlatformSettings

    @model_validator(mode="after")
    def _names_that_aws_takes(self) -> Self:
        for service in self.platform.services:
            role = Names(self.name).role(service, "execution")
            if len(role) > ROLE_LENGTH:
                raise ValueError(f"platform.services.{service}: the role's name {role} has over {ROLE_LENGTH} characters")
        return self

    @model_validator(mode="after")
    def _zones_of_the_region(self) -> Self:
        for zone in self.platform.network.availability_zones:
            if not zone.startswith(self.region) or len(zone) != len(self.region) + 1:
                raise ValueError(f"platform.network.availability_zones: {zone} is not a zone of {self.region}")
        return self


def load(stack: str, region: str, platform: Any) -> Environment:
    """Check what the stack file says.

    `platform` is the value of `axonflow:platform`. Raises SettingsError with one line for each wrong setting.
    """
    try:
        return Environment.model_validate({"name": stack, "region": region, "platform": platform})
    except ValidationError as error:
        lines = (
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise SettingsError("the stack file's settings cannot be used\n" + "\n".join(f"  {line}" for line in lines)) from None
