"""Which address range each subnet has. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

MAX_ZONES = 4
"""A zone gets a quarter of the VPC whatever the number of zones, so that one can be added without moving a subnet."""


Blocks = tuple[IPv4Network, ...]
"""One range a zone."""


@dataclass(frozen=True, kw_only=True)
class SubnetRanges:
    """The ranges of all subnets, by kind."""

    public: Blocks
    private: Blocks
    isolated: Blocks

    @property
    def by_kind(self) -> tuple[tuple[str, Blocks], ...]:
        return (("public", self.public), ("private", self.private), ("isolated", self.isolated))


@dataclass(frozen=True)
class NetworkPlan:
    """A VPC's range cut into subnets.

    Each zone has a quarter of the range: the first half of it is private (tasks, each with an address of its own), the
    third quarter public (load balancers and NAT gateways), and the first half of the last quarter isolated (databases).
    The rest is free for later use.
    """

    cidr: IPv4Network
    zones: int

    def __post_init__(self) -> None:
        if not 1 <= self.zones <= MAX_ZONES:
            raise ValueError(f"a plan has 1 to {MAX_ZONES} zones, not {self.zones}")

    @property
    def ranges(self) -> SubnetRanges:
        zones = list(self.cidr.subnets(2))[: self.zones]
        return SubnetRanges(
            private=tuple(next(zone.subnets(1)) for zone in zones),
            public=tuple(list(zone.subnets(2))[2] for zone in zones),
            isolated=tuple(list(zone.subnets(3))[6] for zone in zones),
        )
