"""The VPC and its subnets, with endpoints and flow logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from infra.core.component import Component, ComponentArgs
from infra.network.endpoints import Endpoints, EndpointsArgs
from infra.network.flow_logs import FlowLogs, FlowLogsArgs
from infra.network.settings import NetworkSettings

NAT_GATEWAYS = {
    "none": awsx.ec2.NatGatewayStrategy.NONE,
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "one-per-zone": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}
PRIVATE = "Private"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(ComponentArgs):
    """Plain settings: the network depends on no other resource."""

    account: pulumi.Input[str]
    region: str
    settings: NetworkSettings
    log_retention_days: int


class Network(Component):
    """A VPC with public, private and isolated subnets in each zone.

    Public subnets route to the internet directly, private ones through NAT gateways or not at all, isolated ones never: their
    route tables stay empty.
    """

    TYPE = "axonflow:platform:Network"

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    isolated_subnet_ids: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        vpc = self._vpc(name, args.settings)
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.private_subnet_ids
        self.isolated_subnet_ids = vpc.isolated_subnet_ids
        # What is started without a group gets this one: without rules it reaches nothing (Security Hub EC2.2).
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=self.vpc_id, opts=self.child())
        Endpoints("endpoints", self._endpoints(args, vpc), pulumi.ResourceOptions(parent=self))
        FlowLogs("flow-logs", self._flow_logs(args), pulumi.ResourceOptions(parent=self))
        self.register_outputs({"vpcId": self.vpc_id})

    def _vpc(self, name: str, settings: NetworkSettings) -> awsx.ec2.Vpc:
        return awsx.ec2.Vpc(
            name,
            cidr_block=settings.cidr,
            enable_dns_hostnames=True,  # tasks resolve the names of databases and endpoints inside the VPC
            availability_zone_names=list(settings.availability_zones),
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=NAT_GATEWAYS[settings.nat_gateways]),
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=_subnet_specs(settings),
            opts=self.child(),
        )

    def _endpoints(self, args: NetworkArgs, vpc: awsx.ec2.Vpc) -> EndpointsArgs:
        return EndpointsArgs(
            names=args.names,
            region=args.region,
            vpc_id=self.vpc_id,
            subnet_ids=self.private_subnet_ids,
            subnet_ranges=tuple(str(block) for block in args.settings.ranges.private),
            route_table_ids=_private_route_tables(vpc),
            instead_of_nat=args.settings.nat_gateways == "none",
        )

    def _flow_logs(self, args: NetworkArgs) -> FlowLogsArgs:
        return FlowLogsArgs(
            names=args.names,
            account=args.account,
            vpc_id=self.vpc_id,
            traffic=args.settings.flow_logs,
            retention_days=args.log_retention_days,
        )


def _subnet_specs(settings: NetworkSettings) -> list[awsx.ec2.SubnetSpecArgs]:
    """One spec for each kind of subnet, with an explicit range in each zone: a later zone or kind moves no other."""
    ranges = settings.ranges
    kinds = (
        (awsx.ec2.SubnetType.PRIVATE, ranges.private),
        (awsx.ec2.SubnetType.PUBLIC, ranges.public),
        (awsx.ec2.SubnetType.ISOLATED, ranges.isolated),
    )
    return [awsx.ec2.SubnetSpecArgs(type=kind, cidr_blocks=[str(block) for block in blocks]) for kind, blocks in kinds]


def _private_route_tables(vpc: awsx.ec2.Vpc) -> pulumi.Output[list[str]]:
    """Crosswalk gives one list of all route tables, each with its kind as a tag (awsx/ec2/vpc.ts)."""

    def described(tables: Sequence[aws.ec2.RouteTable]) -> pulumi.Output[list[Any]]:
        return pulumi.Output.all(*[pulumi.Output.all(table.id, table.tags) for table in tables])

    tables: pulumi.Output[list[Any]] = pulumi.Output.from_input(vpc.route_tables).apply(described)
    return tables.apply(lambda found: [identifier for identifier, tags in found if tags["SubnetType"] == PRIVATE])
