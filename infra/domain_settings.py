"""What a stack file may say about the platform's names in DNS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

from infra.exposure_settings import Exposure, Host, PublicExposure
from infra.section import Section

COMMON_NAME_LENGTH = 64
"""Longest first name of a certificate; the others may be longer
(docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html)."""


class DomainSettings(Section):
    """Where customers find the platform. With it all traffic from the internet is encrypted."""

    zone: Host
    """The public hosted zone in Route 53 that the records are written to. It is there already: registering a domain and
    delegating to it is nobody's routine."""
    zone_id: Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{5,31}$")] | None = None
    """Names one of several zones of the same name; looked up otherwise."""
    host: Host
    """The platform's own name: what no other service's `exposure.hosts` takes."""


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
