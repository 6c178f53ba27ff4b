"""The VPC that stands in for Crosswalk's: what the program relies on of it."""

from __future__ import annotations

import pytest

from sandbox.provider.awsx_plugin import Vpc
from tests.infra.mocked import ROUTE_TABLE, Recording, run

ROUTE = "aws:ec2/route:Route"


def declared(strategy: str) -> Recording:
    inputs = {
        "cidrBlock": "10.0.0.0/16",
        "availabilityZoneNames": ["eu-central-1a", "eu-central-1b"],
        "natGateways": {"strategy": strategy},
        "subnetSpecs": [
            {"type": "Public", "cidrBlocks": ["10.0.0.0/24", "10.0.1.0/24"]},
            {"type": "Private", "cidrBlocks": ["10.0.2.0/24", "10.0.3.0/24"]},
            {"type": "Isolated", "cidrBlocks": ["10.0.4.0/24", "10.0.5.0/24"]},
        ],
    }
    return run(lambda: void(Vpc("network", inputs, None)), "staging", {})


def void(_: object) -> None:
    """A Pulumi program returns nothing."""


@pytest.mark.parametrize(("strategy", "kinds"), [("Single", {"public", "private"}), ("None", {"public"})])
def test_no_route_leads_out_of_an_isolated_subnet(strategy: str, kinds: set[str]) -> None:
    tables = {route.inputs["routeTableId"] for route in declared(strategy).of(ROUTE)}
    assert tables == {f"network-{kind}-{zone}-id" for kind in kinds for zone in (1, 2)}


def test_each_route_table_is_tagged_with_its_kind_of_subnet() -> None:
    """As Crosswalk does (awsx/ec2/vpc.ts): the program finds the private ones by it."""
    tables = declared("Single").of(ROUTE_TABLE)
    assert {table.name: table.inputs["tags"]["SubnetType"] for table in tables} == {
        f"network-{kind.lower()}-{zone}": kind for kind in ("Public", "Private", "Isolated") for zone in (1, 2)
    }
