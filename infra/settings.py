"""The settings of one environment, as its stack file has them, validated before anything is declared.

Staging and production are one program; everything that differs between them stands in their two stack files under
`axonflow:platform`. The models are plain data: nothing here calls AWS.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from appdeploy.model.contract import ENVIRONMENT_PATTERN, SERVICE_PATTERN, Promotion, ReleaseWindow
from infra.contract.promotion import PromotionSettings
from infra.core.names import RESERVED
from infra.core.settings_model import SettingsModel
from infra.data.settings import CacheSettings, DatabaseSettings
from infra.iam.settings import AccessSettings
from infra.ingress.exposure import Exposure, InternalExposure, check_together
from infra.ingress.settings import DomainSettings, LoadBalancerSettings, check_hosts
from infra.monitoring.settings import AlarmSettings
from infra.network.settings import NetworkSettings
from infra.service.settings import RegistrySettings, ServiceSettings
from infra.service.variables import check_variables
from infra.unique_names import check_names

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
"""Those of PutRetentionPolicy (docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html)."""


def check_environment(name: str) -> str:
    """Refuse the name of an environment whose roles would reach those that run Pulumi."""
    if name in RESERVED:
        raise ValueError(f"an environment may not be called {name}: the roles that run Pulumi are called axonflow-{name}-*")
    return name


class SettingsError(ValueError):
    """Invalid settings. The message has a line for each error."""


class PlatformSettings(SettingsModel):
    """The value of `axonflow:platform` in a stack file."""

    network: NetworkSettings
    registry: RegistrySettings
    database: DatabaseSettings
    cache: CacheSettings
    load_balancer: LoadBalancerSettings = LoadBalancerSettings()
    release_windows: Annotated[tuple[ReleaseWindow, ...], Field(max_length=14)] = ()
    """When releases may begin; empty: any time. Rollbacks may always begin, and so may releases with `--during-incident`."""
    promotion: PromotionSettings | None = None
    """Where images have to have been live before; None: this environment accepts any image."""
    domain: DomainSettings | None = None
    """None: the public load balancer answers plain HTTP under its own DNS name. Production has to have a domain."""
    access: AccessSettings
    alarms: AlarmSettings = AlarmSettings()
    log_retention_days: int
    """Of services, databases and load balancers alike."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Percentage of each service's tasks beyond the first that run on Fargate Spot: AWS may stop such a task at two minutes'
    notice. 0 in production, whose requests last that long. For services to come: the provider refuses to change it of one that
    exists."""
    operations_version: Annotated[str, StringConstraints(pattern=r"^[\w][\w.-]{0,127}$")] | None = None
    """Tag of the operations image, which the one-off tasks on the database run; None: the weekly maintenance is disabled."""
    protect: bool
    """Whether Pulumi and AWS refuse to delete resources that hold data or traffic, and `appdeploy` asks at a terminal before it
    changes the environment."""
    disposable: bool = False
    """Whether deleting database and cache deletes their data for good: without a last snapshot, with the automated backups, and
    with the secrets at once. Apart from `protect`, which is lifted to take an environment down; never in production."""
    services: Annotated[
        dict[Annotated[str, StringConstraints(pattern=f"^{SERVICE_PATTERN}$")], ServiceSettings], Field(min_length=1)
    ]

    @field_validator("log_retention_days")
    @classmethod
    def _retention_that_aws_accepts(cls, value: int) -> int:
        if value not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"CloudWatch Logs has retentions of {', '.join(map(str, LOG_RETENTION_DAYS))} days, not of {value}"
            )
        return value

    @model_validator(mode="after")
    def _idle_timeout_exceeds_requests(self) -> Self:
        for name, service in self.services.items():
            if service.longest_request_seconds > self.load_balancer.idle_timeout:
                raise ValueError(
                    f"services.{name}.longest_request_seconds {service.longest_request_seconds} exceeds "
                    f"load_balancer.idle_timeout {self.load_balancer.idle_timeout}: the load balancer would cut such a request"
                )
        return self

    @model_validator(mode="after")
    def _distinct_internal_ports(self) -> Self:
        """Each internal service has a listener of its own on one load balancer (infra/ingress/internal.py)."""
        taken: dict[int, str] = {}
        for name, service in self.services.items():
            if isinstance(service.exposure, InternalExposure) and taken.setdefault(service.port, name) != name:
                raise ValueError(
                    f"services.{taken[service.port]} and services.{name} are both internal, at the same port {service.port}"
                )
        return self

    @model_validator(mode="after")
    def _services_fit_together(self) -> Self:
        check_together(self.exposures)
        check_variables(self.services)
        if self.domain is not None:
            check_hosts(self.domain, self.exposures)
        return self

    @property
    def exposures(self) -> dict[str, Exposure]:
        """Who reaches each service."""
        return {name: service.exposure for name, service in self.services.items()}


class Environment(SettingsModel):
    """One environment: its name (the stack's), its region and its settings."""

    name: Annotated[str, StringConstraints(pattern=f"^{ENVIRONMENT_PATTERN}$")]
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    platform: PlatformSettings

    @model_validator(mode="after")
    def _names_that_aws_accepts(self) -> Self:
        check_environment(self.name)
        check_names(self.name, self.platform.services)
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        """The policy checks of production alone (infra/policy_checks), before anything is declared."""
        platform = self.platform
        required = {
            "domain (zone and host): without one its traffic is not encrypted": platform.domain is not None,
            "protect: without it one mistake deletes data": platform.protect,
            "disposable of false: a deletion would leave no snapshot and no backup": not platform.disposable,
            "database.multi_az: without a standby an outage of its zone stops the platform": platform.database.multi_az,
            "cache.replicas of at least 1: without one a failed node has no failover": platform.cache.replicas > 0,
            "spot_percent of 0: AWS stops Spot tasks in the middle of requests": platform.spot_percent == 0,
        }
        missing = [what for what, present in required.items() if not present]
        if self.name == PRODUCTION and missing:
            raise ValueError(f"production needs platform.{missing[0]}")
        return self

    @model_validator(mode="after")
    def _promoted_from_elsewhere(self) -> Self:
        source = self.platform.promotion
        if source is not None and source.environment == self.name:
            raise ValueError(f"platform.promotion.environment: {self.name} cannot be its own source")
        return self

    @model_validator(mode="after")
    def _zones_of_the_region(self) -> Self:
        for zone in self.platform.network.availability_zones:
            if not zone.startswith(self.region) or len(zone) != len(self.region) + 1:
                raise ValueError(f"platform.network.availability_zones: {zone} is not a zone of {self.region}")
        return self

    @property
    def promotion(self) -> Promotion | None:
        """The contract's model of `promotion`."""
        source = self.platform.promotion
        return source.promotion(self.region) if source else None


def load(stack: str, region: str, platform: Any) -> Environment:
    """Validate a stack file's settings.

    `platform` is the value of `axonflow:platform`. Raises SettingsError with one line for each error.
    """
    try:
        return Environment.model_validate({"name": stack, "region": region, "platform": platform})
    except ValidationError as error:
        lines = (
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise SettingsError("the stack file's settings are invalid\n" + "\n".join(f"  {line}" for line in lines)) from None
