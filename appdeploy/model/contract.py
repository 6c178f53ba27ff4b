"""The contract between the two tiers: what the infrastructure program provides to the release tool.

SSM parameters under `/axonflow/<environment>/contract/`, written by `pulumi up` after every resource that they
name: `platform`, and `services/<service>` for each service. Both sides use the models of this module, so the
document has one definition. The release tool is the reader (appdeploy.aws.contract_reader), infra the writer.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from appdeploy.model.window import ReleaseWindow as ReleaseWindow  # imported by infra

SCHEMA_MAJOR = 1
"""The major version that this code reads and writes. A reader refuses every other one."""
SCHEMA_MINOR = 1
"""Raised with each field that is added."""

STANDARD_PARAMETER_BYTES = 4096
"""Largest value of a standard SSM parameter (docs.aws.amazon.com/general/latest/gr/ssm.html)."""

ENVIRONMENT_PATTERN = r"[a-z][a-z0-9-]{0,19}"
SERVICE_PATTERN = r"[a-z][a-z0-9-]{0,29}"


class ContractError(ValueError):
    """A contract document that cannot be used. The message is one line and names the field."""


def resource_stem(environment: str) -> str:
    """What the names of an environment's resources begin with (infra/core/names.py)."""
    return f"axonflow-{environment}"


def contract_path(environment: str) -> str:
    """The SSM path that holds an environment's contract, with its closing slash."""
    return f"/axonflow/{environment}/contract/"


def _arn(service: str) -> AfterValidator:
    pattern = re.compile(rf"arn:aws[a-z-]*:{service}:[a-z0-9-]*:\d{{12}}:.+")

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"is not an ARN of {service}")
        return value

    return AfterValidator(check)


EcsArn = Annotated[str, _arn("ecs")]
ElbArn = Annotated[str, _arn("elasticloadbalancing")]
EventsArn = Annotated[str, _arn("events")]
RoleArn = Annotated[str, _arn("iam")]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
RegionName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=f"^{ENVIRONMENT_PATTERN}$")]
Count = Annotated[int, Field(ge=0, le=5000)]


class _Document(BaseModel):
    """One parameter's JSON value. Unknown fields are ignored: a later minor version may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    kind: ClassVar[str]

    schema_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+$")] = f"{SCHEMA_MAJOR}.{SCHEMA_MINOR}"

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_major_versions(cls, data: Any) -> Any:
        # Before the fields are validated: in another major version only the version itself has a known meaning.
        version = data.get("schema_version") if isinstance(data, dict) else None
        if isinstance(version, str) and version.split(".")[0] != str(SCHEMA_MAJOR):
            raise ValueError(f"schema version {version} is not {SCHEMA_MAJOR}.x: use the release tool of that version")
        return data

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a parameter's value.

        Raises ContractError, whose one-line message names the first field that is wrong.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            reason = first["msg"].removeprefix("Value error, ")
            raise ContractError(f"{where}: {reason}" if where else reason) from None

    def dump(self) -> str:
        """The parameter's value: compact JSON, fields in the model's order.

        Raises ContractError if it is longer than a standard parameter may be.
        """
        text = self.model_dump_json(exclude_none=True)
        size = len(text.encode())
        if size > STANDARD_PARAMETER_BYTES:
            raise ContractError(f"{self.kind} document has {size} bytes; a standard parameter holds {STANDARD_PARAMETER_BYTES}")
        return text


class Promotion(BaseModel):
    """The environment where a digest must have been live and settled before it is released to this one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: EnvironmentName
    region: RegionName
    releases_table: str
    """That environment's ledger."""
    role: RoleArn | None = None
    """The role that may read it, if the environment is in another account; None: the caller's own credentials."""


class PlatformContract(_Document):
    """What all services of an environment share."""

    kind: ClassVar[str] = "platform"

    environment: EnvironmentName
    account: AccountId
    region: RegionName
    cluster: EcsArn
    releases_table: str
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]
    """Where customers reach the platform: scheme and host of the public load balancer, no path."""
    windows: Annotated[tuple[ReleaseWindow, ...], Field(max_length=14)] = ()
    """When releases may start; any time if empty."""
    promotion: Promotion | None = None
    """None: any image may be released."""
    event_bus: EventsArn | None = None
    """The EventBridge bus for release notifications; None: no notifications."""
    protected: bool = False
    """Whether a person at a terminal has to confirm what changes the environment: `protect` of the stack file. Since 1.1."""


class Scaling(BaseModel):
    """Autoscaling's bounds for a service, once it was released."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    minimum: Annotated[int, Field(ge=1, le=5000)]
    maximum: Annotated[int, Field(ge=1, le=5000)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} exceeds maximum {self.maximum}")
        return self


class PreDeployTask(BaseModel):
    """A one-off task that runs with a service's new revision before its rollout, such as a database migration."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    command: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, max_length=50)]
    """What the application container runs instead of its image's own command."""
    timeout_seconds: Annotated[int, Field(ge=10, le=3600)] = 900
    """How long it may run before the release stops waiting for it."""


class ServiceContract(_Document):
    """One service: what a release may change, and what it needs to judge the result."""

    kind: ClassVar[str] = "service"

    name: Annotated[str, StringConstraints(pattern=f"^{SERVICE_PATTERN}$")]
    service: EcsArn
    family: str
    """Family of the revisions that run; only releases register in it."""
    template: EcsArn
    """Exact revision of infra's current template; releases read it, only infra registers in its family."""
    container: str
    """The container whose image a release changes."""
    repository: str
    """The ECR repository's URI, without tag: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`."""
    desired_count: Count
    """How many tasks the first release starts."""
    target_groups: Annotated[tuple[ElbArn, ...], Field(max_length=2)] = ()
    """The service's target groups; ECS and the listener rule determine which one serves."""
    listener_rule: ElbArn | None = None
    scaling: Scaling | None = None
    """None: only people change the count. Releases set the bounds, because a minimum starts tasks."""
    strategy: Literal["rolling", "canary"] = "rolling"
    health_path: Annotated[str, StringConstraints(pattern=r"^/")] = "/health"
    wave: Annotated[int, Field(ge=0, le=99)] = 0
    """Its group within a release of several services: lower ones first, those of one number side by side."""
    pre_deploy: PreDeployTask | None = None

    @property
    def template_family(self) -> str:
        """Family of the template, taken from its ARN."""
        return self.template.rsplit("/", 1)[1].rsplit(":", 1)[0]

    @model_validator(mode="after")
    def _families_differ(self) -> Self:
        if self.family == self.template_family:
            raise ValueError("family: the running family and the template's family must differ")
        return self
