"""The VPC and its subnets."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_awsx as awsx

from infra.component import Component
from infra.network_settings import NetworkSettings

NAT_GATEWAYS = {
    "single": awsx.ec2.NatGatewayStrategy.SINGLE,
    "one-per-zone": awsx.ec2.NatGatewayStrategy.ONE_PER_AZ,
}


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What the network is built from: plain settings, nothing of other resources."""

    settings: NetworkSettings


class Network(Component):
    """A VPC with public, private and isolated subnets in each zone."""

    TYPE = "axonflow:platform:Network"

    vpc_id: pulumi.Output[str]
    public_subnet_ids: pulumi.Output[list[str]]
    private_subnet_ids: pulumi.Output[list[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = args.settings
        vpc = awsx.ec2.Vpc(
            name,
            cidr_block=settings.cidr,
            enable_dns_hostnames=True,  # tasks resolve the names of databases and endpoints inside the VPC
            availability_zone_names=list(settings.availability_zones),
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(strategy=NAT_GATEWAYS[settings.nat_gateways]),
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=_subnet_specs(settings),
            opts=self.child(),
        )
        self.vpc_id = vpc.vpc_id
        self.public_subnet_ids = vpc.public_subnet_ids
        self.private_subnet_ids = vpc.private_subnet_ids
        self.register_outputs({"vpcId": self.vpc_id})


def _subnet_specs(settings: NetworkSettings) -> list[awsx.ec2.SubnetSpecArgs]:
    """One spec for each kind of subnet, with its range in each zone spelled out: a later zone or kind moves no other."""
    plan = settings.plan
    kinds = (
        (awsx.ec2.SubnetType.PRIVATE, plan.private),
        (awsx.ec2.SubnetType.PUBLIC, plan.public),
        (awsx.ec2.SubnetType.ISOLATED, plan.isolated),
    )
    return [awsx.ec2.SubnetSpecArgs(type=kind, cidr_blocks=[str(block) for block in blocks]) for kind, blocks in kinds]
