"""Both load balancers together: where each service's requests come in, and what each is told of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

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
        return [
            part for part in (self.public, self.internal, self.certificate, self.records, self.firewall) if part is not None
        ]

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


def front(platform: PlatformSettings, names: Names, network: Network) -> Front:
    """Build the load balancers that the settings ask for, and their names in DNS."""
    exposures = platform.exposures
    certificate = _certificate(platform)
    public = LoadBalancer(
        "public", _args(platform, names, network, network.public_subnet_ids), certificate.arn if certificate else None
    )
    internal = None
    if any(isinstance(exposure, InternalExposure) for exposure in exposures.values()):
        internal = InternalLoadBalancer("internal", _args(platform, names, network, network.private_subnet_ids))
    return Front(
        platform, public, internal, certificate, _addresses(platform, public, certificate), _firewall(platform, names, public)
    )


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


def _args(platform: PlatformSettings, names: Names, network: Network, subnets: pulumi.Input[list[str]]) -> BalancerArgs:
    return BalancerArgs(
        names=names,
        vpc_id=network.vpc_id,
        subnet_ids=subnets,
        idle_timeout=platform.load_balancer.idle_timeout,
        protect=platform.protect,
    )
