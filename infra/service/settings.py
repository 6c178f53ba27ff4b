"""Service settings in a stack file: one service, its autoscaling, and the retention of its images."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from appdeploy.model.contract import PreDeployTask
from infra.core.settings_model import SettingsModel
from infra.ingress.exposure import InternalExposure, PublicExposure

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

SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "PRIVATE_KEY", "API_KEY")
"""Parts of a variable's name that mark its value as secret: such a value never stands in a stack file."""

VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
Percent = Annotated[int, Field(ge=10, le=90)]


class RegistrySettings(SettingsModel):
    """Retention of images that were never released. Released images stay until `appdeploy prune`."""

    untagged_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days after its push for an image without a tag: left by an interrupted push, or by a tag that was removed."""
    unreleased_days: Annotated[int, Field(ge=7, le=3650)]
    """Days after its push within which an image has to be released at least once. Under a week it might expire while it is
    still being tested."""


class ScalingSettings(SettingsModel):
    """How many tasks a service has, by its load. Each target is tracked on its own; the highest resulting count applies."""

    minimum: Annotated[int, Field(ge=1, le=1000)]
    """Set by the first release, and by `appdeploy sync` when it was changed: infra registers 0."""
    maximum: Annotated[int, Field(ge=1, le=1000)]
    """Likewise: infra registers it with the service and never writes it again."""
    cpu_percent: Percent = 60
    """Average over the tasks, of what each has reserved."""
    memory_percent: Percent = 75
    requests_per_task: Annotated[int, Field(ge=1)]
    """In a minute."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} exceeds maximum {self.maximum}")
        return self


class PreDeploySettings(PreDeployTask):
    """The contract's own model; in a stack file an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceSettings(SettingsModel):
    """One service behind a load balancer."""

    port: Annotated[int, Field(ge=1, le=65535)]
    cpu: int
    memory: int
    """MiB; Fargate has a list for each `cpu`."""
    desired_count: Annotated[int, Field(ge=1, le=1000)]
    """How many tasks the first release starts."""
    scaling: ScalingSettings | None = None
    """None: only operators change how many tasks there are."""
    exposure: Annotated[PublicExposure | InternalExposure, Field(discriminator="kind")]
    """Who reaches it."""
    wave: Annotated[int, Field(ge=0, le=99)] = 0
    """Its group in a release of several services: lower ones are live before higher ones begin."""
    pre_deploy: PreDeploySettings | None = None
    """A one-off task with the new image before each rollout, such as a database migration (docs/migrations.md)."""
    health_path: Annotated[str, StringConstraints(pattern=r"^/")] = "/health"
    health_grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long a starting task may fail the load balancer's health check before ECS replaces it."""
    longest_request_seconds: Annotated[int, Field(ge=1, le=120)] = 120
    """How long a stopping task may finish its requests. 120 s is Fargate's limit for a container's stop timeout."""
    uses: frozenset[Literal["database", "cache"]] = frozenset({"database", "cache"})
    """The service gets their addresses, secrets and security group rules."""
    environment: dict[VariableName, str] = {}
    """Variables that change by `pulumi up` and `appdeploy sync`."""
    settings: dict[VariableName, Annotated[str, StringConstraints(min_length=1, max_length=4096)]] = {}
    """Initial values of variables that `appdeploy config` changes; a later change here has no effect. A standard parameter
    holds 4,096 bytes and cannot be empty (docs.aws.amazon.com/general/latest/gr/ssm.html)."""

    @model_validator(mode="after")
    def _fargate_size(self) -> Self:
        memories = FARGATE_MEMORY.get(self.cpu)
        if memories is None:
            raise ValueError(f"cpu {self.cpu} is not a Fargate size; there are {', '.join(map(str, FARGATE_MEMORY))}")
        if self.memory not in memories:
            shown = ", ".join(map(str, memories[:8])) + (" ..." if len(memories) > 8 else "")
            raise ValueError(f"memory {self.memory} does not go with cpu {self.cpu} on Fargate; it takes {shown}")
        return self

    @model_validator(mode="after")
    def _start_within_bounds(self) -> Self:
        bounds = self.scaling
        if bounds is not None and not bounds.minimum <= self.desired_count <= bounds.maximum:
            raise ValueError(
                f"desired_count {self.desired_count} is not within scaling's bounds, {bounds.minimum} to {bounds.maximum}"
            )
        return self

    @model_validator(mode="after")
    def _one_source_of_each(self) -> Self:
        twice = sorted(self.environment.keys() & self.settings.keys())
        if twice:
            raise ValueError(f"{twice[0]} is in environment and in settings: a variable has one value")
        return self

    @field_validator("environment", "settings")
    @classmethod
    def _nothing_secret(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if any(word in name.upper() for word in SECRET_WORDS):
                raise ValueError(f"{name} looks like a secret; stack files hold none")
        return value
