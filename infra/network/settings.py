"""Network settings in a stack file."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from infra.core.settings_model import SettingsModel
from infra.network.plan import MAX_ZONES, NetworkPlan, SubnetRanges

Traffic = Literal["rejected", "all"]

SMALLEST_SUBNET = 27
"""A /27 has 32 addresses. A load balancer alone needs a /27 with 8 free ones
(docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html)."""


class SubnetSettings(SettingsModel):
    """The ranges of all subnets, one a zone in the order of the zones, where an address plan gives them.

    Changing one replaces the subnet and everything in it.
    """

    public: tuple[IPv4Network, ...]
    private: tuple[IPv4Network, ...]
    isolated: tuple[IPv4Network, ...]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for left, right in combinations([*self.public, *self.private, *self.isolated], 2):
            if left.overlaps(right):
                raise ValueError(f"{left} and {right} overlap")
        return self


class NetworkSettings(SettingsModel):
    """The VPC."""

    cidr: str
    """The VPC's range, /16 to /20: a smaller one leaves subnets of under 128 addresses."""
    availability_zones: Annotated[tuple[str, ...], Field(min_length=2, max_length=MAX_ZONES)]
    nat_gateways: Literal["none", "single", "one-per-zone"]
    """One for all zones (an outage of its zone stops outgoing traffic), one in each, or none: then tasks reach AWS services
    through interface endpoints and nothing else. Costs: docs/costs.md."""
    subnets: SubnetSettings | None = None
    """Left out, they are cut from `cidr` by a plan that leaves room for more zones."""
    flow_logs: Traffic = "rejected"
    """Which connections are recorded. All of them cost by the gigabyte."""

    @property
    def ranges(self) -> SubnetRanges:
        """Which range each subnet has."""
        if self.subnets is None:
            return NetworkPlan(IPv4Network(self.cidr), len(self.availability_zones)).ranges
        return SubnetRanges(public=self.subnets.public, private=self.subnets.private, isolated=self.subnets.isolated)

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

    @model_validator(mode="after")
    def _one_subnet_a_zone(self) -> Self:
        zones = len(self.availability_zones)
        for kind, blocks in self.ranges.by_kind:
            if len(blocks) != zones:
                raise ValueError(f"subnets.{kind} has {len(blocks)} ranges for {zones} zones")
        return self

    @model_validator(mode="after")
    def _subnets_fit(self) -> Self:
        for kind, blocks in self.ranges.by_kind:
            for block in blocks:
                if not block.subnet_of(IPv4Network(self.cidr)):
                    raise ValueError(f"subnets.{kind}: {block} is not in {self.cidr}")
                if block.prefixlen > SMALLEST_SUBNET:
                    raise ValueError(f"subnets.{kind}: {block} is too small; a /{SMALLEST_SUBNET} is the least")
        return self
