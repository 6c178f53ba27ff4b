"""Both load balancers together: where each service's requests come in, and what each is told of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi

from infra.access_logs import AccessLogs, AccessLogsArgs
from infra.balancer import BalancerArgs, Entrance
from infra.component import Component
from infra.connection import Connection
from infra.domain import Addresses, AddressesArgs, Certificate, CertificateArgs
from infra.domain_settings import hosts_of
from infra.exposure_settings import InternalExposure, PublicExposure
from infra.firewall import Firewall, FirewallArgs
from infra.internal_balancer import InternalLoadBalancer
from infra.loadbalancer import LoadBalancer
from infra.naming import Names
from infra.network import Network
from infra.settings import PlatformSettings


@dataclass(frozen=True)
class Front:
    """The load balancers, and the settings of the services behind them."""

    platform: PlatformSettings
    logs: AccessLogs
    public: LoadBalancer
    internal: InternalLoadBalancer | None
    """None while no service is internal."""
    certificate: Certificate | None
    records: Addresses | None
    """Both are None without a domain."""
    firewall: Firewall | None

    @property
    def components(self) -> list[Component]:
        """All that it is made of."""
        parts = (self.logs, self.public, self.internal, self.certificate, self.records, self.firewall)
        return [part for part in parts if part is not None]

    @property
    def balancers(self) -> Mapping[str, pulumi.Output[str]]:
        """Their ARNs, by what they are called here."""
        named = {"public": self.public, "internal": self.internal}
        return {name: balancer.arn for name, balancer in named.items() if balancer is not None}

    @property
    def url(self) -> pulumi.Output[str]:
        """Where customers reach the platform: scheme and host, no path."""
        return self.records.url if self.records else self.public.url

    def entrance(self, name: str) -> Entrance:
        """Where a service's requests come in. An internal one's listener is made here: ask once."""
        settings = self.platform.services[name]
        match settings.exposure:
            case PublicExposure() as exposure:
                return self.public.entrance(exposure)
            case InternalExposure():
                return self._required.entrance(name, settings.port)

    def connections(self, caller: str) -> Sequence[Connection]:
        """The internal services that this one may call."""
        return [
            self._required.connection(name, settings.port)
            for name, settings in self.platform.services.items()
            if isinstance(settings.exposure, InternalExposure) and caller in settings.exposure.callers
        ]

    def addresses(self, name: str) -> Mapping[str, pulumi.Input[str]]:
        """What a service is told of the public addresses of the others, by variable."""
        return {
            settings.exposure.told_as: self.url
            for other, settings in self.platform.services.items()
            if isinstance(settings.exposure, PublicExposure) and settings.exposure.told_as and other != name
        }

    @property
    def _required(self) -> InternalLoadBalancer:
        assert self.internal is not None, "there is one as soon as a service is internal"
        return self.internal


def front(platform: PlatformSettings, names: Names, network: Network, account: pulumi.Input[str]) -> Front:
    """Build the load balancers that the settings ask for, and their names in DNS."""
    kept = AccessLogsArgs(names=names, account=account, days=platform.log_retention_days, protect=platform.protect)
    logs = AccessLogs("access-logs", kept)
    common = partial(
        BalancerArgs,
        names=names,
        vpc_id=network.vpc_id,
        idle_timeout=platform.load_balancer.idle_timeout,
        log_bucket=logs.bucket,
        protect=platform.protect,
    )
    certificate = _certificate(platform)
    public = LoadBalancer("public", common(subnet_ids=network.public_subnet_ids), certificate.arn if certificate else None)
    internal = None
    if any(isinstance(exposure, InternalExposure) for exposure in platform.exposures.values()):
        internal = InternalLoadBalancer("internal", common(subnet_ids=network.private_subnet_ids))
    records, firewall = _addresses(platform, public, certificate), _firewall(platform, names, public)
    return Front(platform, logs, public, internal, certificate, records, firewall)


def _firewall(platform: PlatformSettings, names: Names, public: LoadBalancer) -> Firewall | None:
    settings = platform.load_balancer.firewall
    if settings is None:
        return None
    return Firewall("firewall", FirewallArgs(names=names, settings=settings, load_balancer_arn=public.arn))


def _certificate(platform: PlatformSettings) -> Certificate | None:
    if platform.domain is None:
        return None
    hosts = hosts_of(platform.domain, platform.exposures)
    return Certificate("certificate", CertificateArgs(settings=platform.domain, hosts=hosts))


def _addresses(platform: PlatformSettings, public: LoadBalancer, certificate: Certificate | None) -> Addresses | None:
    if platform.domain is None or certificate is None:
        return None
    args = AddressesArgs(
        zone_id=certificate.zone_id,
        hosts=hosts_of(platform.domain, platform.exposures),
        dns_name=public.dns_name,
        balancer_zone_id=public.zone_id,
    )
    return Addresses("addresses", args)
