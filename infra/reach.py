"""Who reaches a service's tasks, and whom they reach: a security group, and its rules as resources of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.connection import Connection


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What the rules are made from."""

    service: str
    """The service's name on AWS."""
    port: int
    """Where its tasks answer."""
    vpc_id: pulumi.Input[str]
    load_balancer_security_group_id: pulumi.Input[str]
    connections: Sequence[Connection]


def security_group(name: str, reach: Reach, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """The group of a service's tasks. Its rules, and those that let it through elsewhere, have the same options."""
    group = aws.ec2.SecurityGroup(name, description=f"Tasks of {reach.service}", vpc_id=reach.vpc_id, opts=opts)
    _from_load_balancer(name, group, reach, opts)
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-anywhere",
        security_group_id=group.id,
        description="Images, logs, model providers",
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
        opts=opts,
    )
    for connection in reach.connections:
        _let_through(name, group, connection, reach, opts)
    return group


def _from_load_balancer(name: str, group: aws.ec2.SecurityGroup, reach: Reach, opts: pulumi.ResourceOptions) -> None:
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-from-load-balancer",
        security_group_id=group.id,
        description="Requests from the load balancer",
        ip_protocol="tcp",
        from_port=reach.port,
        to_port=reach.port,
        referenced_security_group_id=reach.load_balancer_security_group_id,
        opts=opts,
    )
    aws.vpc.SecurityGroupEgressRule(
        f"load-balancer-to-{name}",
        security_group_id=reach.load_balancer_security_group_id,
        description=f"Requests to {name}",
        ip_protocol="tcp",
        from_port=reach.port,
        to_port=reach.port,
        referenced_security_group_id=group.id,
        opts=opts,
    )


def _let_through(
    name: str, group: aws.ec2.SecurityGroup, connection: Connection, reach: Reach, opts: pulumi.ResourceOptions
) -> None:
    aws.vpc.SecurityGroupIngressRule(
        f"{connection.name}-from-{name}",
        security_group_id=connection.security_group_id,
        description=f"Tasks of {reach.service}",
        ip_protocol="tcp",
        from_port=connection.port,
        to_port=connection.port,
        referenced_security_group_id=group.id,
        opts=opts,
    )
