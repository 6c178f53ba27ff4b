"""The `awsx` plugin: the components of Pulumi's Crosswalk that the platform uses, made of `aws` resources.

Only `awsx:ec2:Vpc`, and of it only layouts whose subnets are spelled out: how Crosswalk divides a range by itself is not
imitated here, so that what is shown in the sandbox cannot differ from what Crosswalk would build.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.provider import ConstructResult, Provider
from pulumi.provider import main as serve

from sandbox.provider.parent import end_with_engine

VERSION = "3.11.0"
VPC_INPUTS = frozenset(
    {
        "cidrBlock",
        "enableDnsHostnames",
        "availabilityZoneNames",
        "natGateways",
        "subnetStrategy",
        "subnetSpecs",
        "tags",
    }
)
KINDS = ("Public", "Private", "Isolated")


class Vpc(pulumi.ComponentResource):
    """A VPC with subnets, an internet gateway, NAT gateways and routes, under the child names that Crosswalk uses."""

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        super().__init__("awsx:ec2:Vpc", name, {}, opts)
        self._name = name
        self._zones: list[str] = inputs["availabilityZoneNames"]
        self.vpc = aws.ec2.Vpc(
            name,
            cidr_block=inputs["cidrBlock"],
            enable_dns_hostnames=inputs.get("enableDnsHostnames", False),
            enable_dns_support=True,
            tags={"Name": name},
            opts=self._child(),
        )
        self.gateway = aws.ec2.InternetGateway(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=self._child(self.vpc))
        self.subnets: dict[str, list[aws.ec2.Subnet]] = {kind: [] for kind in KINDS}
        self.tables: dict[str, list[aws.ec2.RouteTable]] = {kind: [] for kind in KINDS}
        for spec in inputs["subnetSpecs"]:
            for index, block in enumerate(spec["cidrBlocks"]):
                subnet, table = self._subnet(spec["type"], index, block)
                self.subnets[spec["type"]].append(subnet)
                self.tables[spec["type"]].append(table)
        self._routes(inputs.get("natGateways", {}).get("strategy", "None"))
        self.register_outputs({})

    def _child(self, parent: pulumi.Resource | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=parent or self)

    def _subnet(self, kind: str, index: int, block: str) -> tuple[aws.ec2.Subnet, aws.ec2.RouteTable]:
        name = f"{self._name}-{kind.lower()}-{index + 1}"
        tags = {"Name": name, "SubnetType": kind}
        subnet = aws.ec2.Subnet(
            name,
            vpc_id=self.vpc.id,
            cidr_block=block,
            availability_zone=self._zones[index],
            map_public_ip_on_launch=kind == "Public",
            tags=tags,
            opts=self._child(self.vpc),
        )
        table = aws.ec2.RouteTable(name, vpc_id=self.vpc.id, tags=tags, opts=self._child(subnet))
        aws.ec2.RouteTableAssociation(name, route_table_id=table.id, subnet_id=subnet.id, opts=self._child(table))
        return subnet, table

    def _routes(self, strategy: str) -> None:
        for index, table in enumerate(self.tables["Public"]):
            self._route("public", index, table, gateway_id=self.gateway.id)
        count = {"None": 0, "Single": 1, "OnePerAz": len(self._zones)}[strategy]
        nats = [self._nat_gateway(index) for index in range(count)]
        for index, table in enumerate(self.tables["Private"] if nats else []):
            self._route("private", index, table, nat_gateway_id=nats[min(index, count - 1)].id)

    def _route(self, kind: str, index: int, table: aws.ec2.RouteTable, **target: pulumi.Input[str]) -> None:
        name = f"{self._name}-{kind}-{index + 1}"
        aws.ec2.Route(name, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", opts=self._child(table), **target)

    def _nat_gateway(self, index: int) -> aws.ec2.NatGateway:
        name, subnet = f"{self._name}-{index + 1}", self.subnets["Public"][index]
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self._child(subnet))
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags={"Name": name},
            opts=self._child(subnet),
        )


class CrosswalkProvider(Provider):
    """Constructs the components by token."""

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        if resource_type != "awsx:ec2:Vpc":
            raise NotImplementedError(f"the sandbox has no component {resource_type}")
        _refuse_unknown(inputs)
        vpc = Vpc(name, inputs, options)
        identifiers = {kind: [subnet.id for subnet in vpc.subnets[kind]] for kind in KINDS}
        return ConstructResult(
            vpc.urn,
            {
                "vpcId": vpc.vpc.id,
                "vpc": vpc.vpc,
                "publicSubnetIds": identifiers["Public"],
                "privateSubnetIds": identifiers["Private"],
                "isolatedSubnetIds": identifiers["Isolated"],
                "routeTables": [table for kind in KINDS for table in vpc.tables[kind]],
            },
        )


def _refuse_unknown(inputs: Mapping[str, Any]) -> None:
    """Raise for whatever this stand-in would have to leave out."""
    unknown = sorted(set(inputs) - VPC_INPUTS)
    if unknown:
        raise NotImplementedError(f"awsx:ec2:Vpc has no property {', '.join(unknown)} in the sandbox")
    for spec in inputs.get("subnetSpecs") or [{}]:
        if spec.get("type") not in KINDS or not spec.get("cidrBlocks"):
            raise NotImplementedError("awsx:ec2:Vpc in the sandbox needs subnetSpecs with type and cidrBlocks")


def main() -> None:
    """Serve the engine that started this process."""
    end_with_engine()
    serve(CrosswalkProvider(VERSION), sys.argv[1:])


if __name__ == "__main__":
    main()
