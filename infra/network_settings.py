"""What a stack file may say about the network."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, field_validator

from infra.network_plan import MAX_ZONES, NetworkPlan
from infra.section import Section


class NetworkSettings(Section):
    """The VPC."""

    cidr: str
    """The VPC's range, /16 to /20: a smaller one leaves subnets of under 128 addresses."""
    availability_zones: Annotated[tuple[str, ...], Field(min_length=2, max_length=MAX_ZONES)]
    nat_gateways: Literal["single", "one-per-zone"]
    """One for all zones (cheaper; its zone's outage stops outgoing traffic) or one in each."""

    @property
    def plan(self) -> NetworkPlan:
        """Which range each subnet has."""
        return NetworkPlan(IPv4Network(self.cidr), len(self.availability_zones))

    @field_validator("cidr")
    @classmethod
    def _usable_range(cls, value: str) -> str:
        network = IPv4Network(value)
        if not 16 <= network.prefixlen <= 20:
            raise ValueError(f"{value} is a /{network.prefixlen}; the platform needs a /16 to /20")
        if not network.is_private:
            raise ValueError(f"{value} is not a private range (RFC 1918)")
        return value

    @field_validator("availability_zones")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a zone is named twice")
        return value
