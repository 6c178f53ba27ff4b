"""Who reaches a service's tasks, and whom they reach: a security group, and its rules as resources of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.connection import Connection

INGRESS = aws.vpc.SecurityGroupIngressRule
EGRESS = aws.vpc.SecurityGroupEgressRule


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


@dataclass(frozen=True, kw_only=True)
class _Way:
    """One rule: what a group lets in from another one, or out to it."""

    name: str
    kind: type[aws.vpc.SecurityGroupIngressRule] | type[aws.vpc.SecurityGroupEgressRule]
    group: pulumi.Input[str]
    peer: pulumi.Input[str]
    port: int
    description: str


def security_group(name: str, reach: Reach, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """The group of a service's tasks. Its rules, and those that let it through elsewhere, have the same options."""
    group = aws.ec2.SecurityGroup(name, description=f"Tasks of {reach.service}", vpc_id=reach.vpc_id, opts=opts)
    EGRESS(
        f"{name}-to-anywhere",
        security_group_id=group.id,
        description="Images, logs, model providers",
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
        opts=opts,
    )
    for way in _ways(name, group.id, reach):
        way.kind(
            way.name,
            security_group_id=way.group,
            description=way.description,
            ip_protocol="tcp",
            from_port=way.port,
            to_port=way.port,
            referenced_security_group_id=way.peer,
            opts=opts,
        )
    return group


def _ways(name: str, tasks: pulumi.Input[str], reach: Reach) -> Iterator[_Way]:
    balancer = reach.load_balancer_security_group_id
    yield _Way(
        name=f"{name}-from-load-balancer",
        kind=INGRESS,
        group=tasks,
        peer=balancer,
        port=reach.port,
        description="Requests from the load balancer",
    )
    yield _Way(
        name=f"load-balancer-to-{name}",
        kind=EGRESS,
        group=balancer,
        peer=tasks,
        port=reach.port,
        description=f"Requests to {name}",
    )
    for connection in reach.connections:
        yield _Way(
            name=f"{connection.name}-from-{name}",
            kind=INGRESS,
            group=connection.security_group_id,
            peer=tasks,
            port=connection.port,
            description=f"Tasks of {reach.service}",
        )
