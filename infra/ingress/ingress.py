"""Both load balancers together, with certificate, DNS records and firewall: the route to each service, and its URLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi

from infra.core.component import Component, ComponentArgs
from infra.core.dependency import Dependency
from infra.ingress.access_logs import AccessLogs, AccessLogsArgs
from infra.ingress.base import LoadBalancerArgs, Route
from infra.ingress.domain import Certificate, CertificateArgs, DnsRecords, DnsRecordsArgs
from infra.ingress.exposure import Exposure, InternalExposure, PublicExposure
from infra.ingress.firewall import Firewall, FirewallArgs
from infra.ingress.internal import InternalLoadBalancer
from infra.ingress.public import LoadBalancer
from infra.ingress.settings import DomainSettings, LoadBalancerSettings, hosts_of
from infra.network.network import Network


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A service, as the load balancers see it."""

    exposure: Exposure
    port: int


@dataclass(frozen=True, kw_only=True)
class IngressArgs(ComponentArgs):
    """Where the load balancers stand, and the services behind them."""

    account: pulumi.Input[str]
    network: Network
    settings: LoadBalancerSettings
    domain: DomainSettings | None
    backends: Mapping[str, Backend]
    log_retention_days: int
    protect: bool

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that has a record; none without a domain."""
        exposures = {name: backend.exposure for name, backend in self.backends.items()}
        return hosts_of(self.domain, exposures) if self.domain else ()


@dataclass(frozen=True)
class Ingress:
    """The load balancers, and the services behind them."""

    backends: Mapping[str, Backend]
    logs: AccessLogs
    public: LoadBalancer
    internal: InternalLoadBalancer | None
    """None while no service is internal."""
    certificate: Certificate | None
    records: DnsRecords | None
    """Both are None without a domain."""
    firewall: Firewall | None

    @property
    def components(self) -> list[Component]:
        """Every component that this one consists of."""
        parts = (self.logs, self.public, self.internal, self.certificate, self.records, self.firewall)
        return [part for part in parts if part is not None]

    @property
    def load_balancers(self) -> Mapping[str, pulumi.Output[str]]:
        """Their ARNs, by their names here."""
        named = {"public": self.public, "internal": self.internal}
        return {name: balancer.arn for name, balancer in named.items() if balancer is not None}

    @property
    def url(self) -> pulumi.Output[str]:
        """Where customers reach the platform: scheme and host, no path."""
        return self.records.url if self.records else self.public.url

    def route(self, name: str) -> Route:
        """The route to a service. It creates an internal service's listener: call it once for each service."""
        backend = self.backends[name]
        match backend.exposure:
            case PublicExposure() as exposure:
                return self.public.route(exposure)
            case InternalExposure():
                return self._required.route(name, backend.port)

    def dependencies(self, caller: str) -> Sequence[Dependency]:
        """The internal services that this one may call."""
        return [
            self._required.dependency(name, backend.port)
            for name, backend in self.backends.items()
            if isinstance(backend.exposure, InternalExposure) and caller in backend.exposure.callers
        ]

    def public_urls(self, name: str) -> Mapping[str, pulumi.Input[str]]:
        """The public URLs of the other services, by the variable that holds each in this service's tasks."""
        return {
            backend.exposure.url_variable: self.url
            for other, backend in self.backends.items()
            if isinstance(backend.exposure, PublicExposure) and backend.exposure.url_variable and other != name
        }

    @property
    def _required(self) -> InternalLoadBalancer:
        assert self.internal is not None, "it exists as soon as a service is internal"
        return self.internal


def build_ingress(args: IngressArgs) -> Ingress:
    """Declare the load balancers that the settings ask for, and their DNS records."""
    kept = AccessLogsArgs(names=args.names, account=args.account, days=args.log_retention_days, protect=args.protect)
    logs = AccessLogs("access-logs", kept)
    common = partial(
        LoadBalancerArgs,
        names=args.names,
        vpc_id=args.network.vpc_id,
        idle_timeout=args.settings.idle_timeout,
        log_bucket=logs.bucket,
        protect=args.protect,
    )
    certificate = _certificate(args)
    certificate_arn = certificate.arn if certificate else None
    public = LoadBalancer("public", common(subnet_ids=args.network.public_subnet_ids), certificate_arn)
    internal = None
    if any(isinstance(backend.exposure, InternalExposure) for backend in args.backends.values()):
        internal = InternalLoadBalancer("internal", common(subnet_ids=args.network.private_subnet_ids))
    records, firewall = _records(args, public, certificate), _firewall(args, public)
    return Ingress(args.backends, logs, public, internal, certificate, records, firewall)


def _firewall(args: IngressArgs, public: LoadBalancer) -> Firewall | None:
    settings = args.settings.firewall
    if settings is None:
        return None
    return Firewall("firewall", FirewallArgs(names=args.names, settings=settings, load_balancer_arn=public.arn))


def _certificate(args: IngressArgs) -> Certificate | None:
    if args.domain is None:
        return None
    return Certificate("certificate", CertificateArgs(settings=args.domain, hosts=args.hosts))


def _records(args: IngressArgs, public: LoadBalancer, certificate: Certificate | None) -> DnsRecords | None:
    if certificate is None:
        return None
    records = DnsRecordsArgs(
        zone_id=certificate.zone_id,
        hosts=args.hosts,
        dns_name=public.dns_name,
        load_balancer_zone_id=public.zone_id,
    )
    return DnsRecords("dns-records", records)
