"""Ingress settings in a stack file: load balancers, web firewall, DNS names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from infra.core.settings_model import SettingsModel
from infra.ingress.exposure import Exposure, Host, PublicExposure

COMMON_NAME_LENGTH = 64
"""Longest first name of a certificate; the others may be longer
(docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html)."""


class FirewallSettings(SettingsModel):
    """AWS WAF in front of the public load balancer."""

    requests_per_address: Annotated[int, Field(ge=10, le=2_000_000_000)]
    """Most requests from one address within five minutes; more are answered with 403 until the rate has fallen
    (docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html)."""


class LoadBalancerSettings(SettingsModel):
    """The load balancers."""

    idle_timeout: Annotated[int, Field(ge=1, le=4000)] = 120
    """Seconds without a byte before a connection is closed: at least the longest request."""
    firewall: FirewallSettings | None = None
    """In front of the public load balancer; None: no firewall."""


class DomainSettings(SettingsModel):
    """The platform's DNS names. With a domain all traffic from the internet is encrypted."""

    zone: Host
    """The public hosted zone in Route 53 that the records are written to. It has to exist: this program neither registers a
    domain nor delegates to it."""
    zone_id: Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{5,31}$")] | None = None
    """Selects one of several zones of the same name; looked up otherwise."""
    host: Host
    """The platform's own name: for every request that no other service's `exposure.hosts` matches."""


def hosts_of(domain: DomainSettings, services: Mapping[str, Exposure]) -> tuple[str, ...]:
    """Every name that has a record and stands in the certificate, the platform's own first."""
    public = (exposure for exposure in services.values() if isinstance(exposure, PublicExposure))
    return tuple(dict.fromkeys([domain.host, *(host for exposure in public for host in exposure.hosts)]))


def check_hosts(domain: DomainSettings, services: Mapping[str, Exposure]) -> None:
    """Whether every host can have a record in the zone. Raises ValueError with the first that cannot."""
    if len(domain.host) > COMMON_NAME_LENGTH:
        raise ValueError(f"domain.host {domain.host} has over {COMMON_NAME_LENGTH} characters: no certificate begins with it")
    for host in hosts_of(domain, services):
        if not host.endswith(f".{domain.zone}") and host != domain.zone:
            raise ValueError(f"the host {host} is not in domain.zone {domain.zone}, where its record would stand")
