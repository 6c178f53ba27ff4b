"""What a stack file may say about one service."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from appdeploy.model.contract import BeforeTask
from infra.exposure_settings import InternalExposure, PublicExposure
from infra.scaling_settings import ScalingSettings
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

SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "PRIVATE_KEY", "API_KEY")
"""Parts of a variable's name that mark its value as secret: such a value never stands in a stack file."""


VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


class BeforeSettings(BeforeTask):
    """The contract's own; in a stack file a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceSettings(Section):
    """One service behind a load balancer."""

    port: Annotated[int, Field(ge=1, le=65535)]
    cpu: int
    memory: int
    """MiB; Fargate has a list for each `cpu`."""
    desired_count: Annotated[int, Field(ge=1, le=1000)]
    """How many tasks the first release starts."""
    scaling: ScalingSettings | None = None
    """None: people alone change how many tasks there are."""
    exposure: Annotated[PublicExposure | InternalExposure, Field(discriminator="kind")]
    """Who reaches it."""
    order: Annotated[int, Field(ge=0, le=99)] = 0
    """Its group in a release of several services: lower ones are live before higher ones begin."""
    before: BeforeSettings | None = None
    """A one-off task with the new image before each rollout, such as a database migration (docs/migrations.md)."""
    health_path: Annotated[str, StringConstraints(pattern=r"^/")] = "/health"
    health_grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """How long a starting task may fail the load balancer's check before ECS replaces it."""
    longest_request_seconds: Annotated[int, Field(ge=1, le=120)] = 120
    """How long a stopping task may finish what it holds. 120 s is Fargate's limit for a container's stop timeout."""
    uses: frozenset[Literal["database", "cache"]] = frozenset({"database", "cache"})
    """What it is let through to, and gets the addresses and secrets of."""
    environment: dict[VariableName, str] = {}
    """Variables that change by `pulumi up` and `appdeploy sync`."""
    tunables: dict[VariableName, Annotated[str, StringConstraints(min_length=1, max_length=4096)]] = {}
    """First values of variables that change without either; what stands here later changes nothing. A standard parameter holds
    4,096 bytes and cannot be empty (docs.aws.amazon.com/general/latest/gr/ssm.html)."""

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
        twice = sorted(self.environment.keys() & self.tunables.keys())
        if twice:
            raise ValueError(f"{twice[0]} is in environment and in tunables: a variable has one value")
        return self

    @field_validator("environment", "tunables")
    @classmethod
    def _nothing_secret(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if any(word in name.upper() for word in SECRET_WORDS):
                raise ValueError(f"{name} looks like a secret; stack files hold none")
        return value
