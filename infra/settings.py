"""What a stack file may say: the settings of one environment, checked before anything is built.

Staging and production are one program; all that differs between them stands in their two stack files under
`axonflow:platform`. The models are plain data: nothing here asks AWS.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from appdeploy.model.contract import ENVIRONMENT_PATTERN, SERVICE_PATTERN, Promotion, ReleaseWindow
from infra.access_settings import AccessSettings
from infra.alarm_settings import AlarmSettings
from infra.data_settings import CacheSettings, DatabaseSettings
from infra.domain_settings import DomainSettings, check_hosts
from infra.exposure_settings import Exposure, InternalExposure, check_together
from infra.firewall_settings import FirewallSettings
from infra.name_settings import check_names
from infra.network_settings import NetworkSettings
from infra.promotion_settings import PromotionSettings
from infra.section import Section
from infra.service_settings import ServiceSettings
from infra.variable_settings import check_variables

PRODUCTION = "production"

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


class SettingsError(ValueError):
    """Settings that cannot be built. The message has a line for each thing that is wrong."""


class LoadBalancerSettings(Section):
    """The load balancers."""

    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 120
    """Seconds without a byte before it closes a connection: at least the longest request."""
    firewall: FirewallSettings | None = None
    """In front of the public one; none without it."""


class RegistrySettings(Section):
    """How long the image repositories keep what was never released. Released images stay until `appdeploy prune`."""

    untagged_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days after its push for an image whose tags are gone: left over by a push that broke off, or by hand."""
    unreleased_days: Annotated[int, Field(ge=7, le=3650)]
    """Days after its push within which an image has to be released at least once. Under a week it might expire while it is
    still being tested."""


class PlatformSettings(Section):
    """All that a stack file says under `axonflow:platform`."""

    network: NetworkSettings
    registry: RegistrySettings
    database: DatabaseSettings
    cache: CacheSettings
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    release_windows: Annotated[tuple[ReleaseWindow, ...], Field(max_length=14)] = ()
    """When releases may begin; any time when there is none. Rollbacks always may, and `--during-incident` passes."""
    promotion: PromotionSettings | None = None
    """Where images have to have been live before; this environment takes any without it."""
    domain: DomainSettings | None = None
    """Without one the public load balancer answers plain HTTP under the name that AWS gave it. Production has one."""
    access: AccessSettings
    alarms: AlarmSettings = AlarmSettings()
    log_retention_days: int
    """Of services, databases and load balancers alike."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """How many of each service's tasks beyond the first run on Fargate Spot: AWS takes such a task back at two minutes'
    notice. Never in production, whose requests last that long."""
    operations_version: Annotated[str, StringConstraints(pattern=r"^[\w][\w.-]{0,127}$")] | None = None
    """Tag of the operations image, which the one-off tasks on the database run; the weekly maintenance is off without it."""
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
    def _inner_ports_apart(self) -> Self:
        """Each internal service has a listener of its own on one load balancer (infra/internal_balancer.py)."""
        taken: dict[int, str] = {}
        for name, service in self.services.items():
            if isinstance(service.exposure, InternalExposure) and taken.setdefault(service.port, name) != name:
                raise ValueError(
                    f"services.{taken[service.port]} and services.{name} are both internal, at the same port {service.port}"
                )
        return self

    @model_validator(mode="after")
    def _services_that_fit_together(self) -> Self:
        check_together(self.exposures)
        check_variables(self.services)
        if self.domain is not None:
            check_hosts(self.domain, self.exposures)
        return self

    @property
    def exposures(self) -> dict[str, Exposure]:
        """Who reaches each service."""
        return {name: service.exposure for name, service in self.services.items()}


class Environment(Section):
    """One environment: its name (the stack's), its region and its settings."""

    name: Annotated[str, StringConstraints(pattern=f"^{ENVIRONMENT_PATTERN}$")]
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    platform: PlatformSettings

    @model_validator(mode="after")
    def _names_that_aws_takes(self) -> Self:
        check_names(self.name, self.platform.services)
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        """What the rules want of production alone (infra/rules): said before anything is built."""
        platform = self.platform
        wanted = {
            "domain (zone and host): without one its traffic is not encrypted": platform.domain is not None,
            "protect: without it one mistake takes data along": platform.protect,
            "database.multi_az: without a standby an outage of its zone stops everything": platform.database.multi_az,
            "cache.replicas of at least 1: without one nothing takes over from a failed node": platform.cache.replicas > 0,
            "spot_percent of 0: AWS takes such tasks back in the middle of requests": platform.spot_percent == 0,
        }
        missing = [what for what, there in wanted.items() if not there]
        if self.name == PRODUCTION and missing:
            raise ValueError(f"production needs platform.{missing[0]}")
        return self

    @model_validator(mode="after")
    def _promoted_from_elsewhere(self) -> Self:
        source = self.platform.promotion
        if source is not None and source.environment == self.name:
            raise ValueError(f"platform.promotion.environment: {self.name} cannot be where its own images come from")
        return self

    @model_validator(mode="after")
    def _zones_of_the_region(self) -> Self:
        for zone in self.platform.network.availability_zones:
            if not zone.startswith(self.region) or len(zone) != len(self.region) + 1:
                raise ValueError(f"platform.network.availability_zones: {zone} is not a zone of {self.region}")
        return self

    @property
    def promotion(self) -> Promotion | None:
        """Where images have to have been live before."""
        source = self.platform.promotion
        return source.rule(self.region) if source else None


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
