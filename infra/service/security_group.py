"""The security group of a service's tasks, and its rules as resources of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from infra.core.dependency import Dependency

INGRESS = aws.vpc.SecurityGroupIngressRule
EGRESS = aws.vpc.SecurityGroupEgressRule


@dataclass(frozen=True, kw_only=True)
class TaskNetworkAccess:
    """What reaches a service's tasks, and what they reach."""

    service: str
    """The service's name on AWS."""
    port: int
    """On which its tasks listen."""
    vpc_id: pulumi.Input[str]
    load_balancer_security_group_id: pulumi.Input[str]
    dependencies: Sequence[Dependency]


class _Rule(NamedTuple):
    """One rule: what a group accepts from another one, or sends to it."""

    name: str
    kind: type[aws.vpc.SecurityGroupIngressRule] | type[aws.vpc.SecurityGroupEgressRule]
    group: pulumi.Input[str]
    peer: pulumi.Input[str]
    port: int
    description: str


def security_group(name: str, access: TaskNetworkAccess, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """The group of a service's tasks. Its rules, and its rules in the groups of its dependencies, have the same options."""
    group = aws.ec2.SecurityGroup(name, description=f"Tasks of {access.service}", vpc_id=access.vpc_id, opts=opts)
    EGRESS(
        f"{name}-to-anywhere",
        security_group_id=group.id,
        description="Images, logs, model providers",
        ip_protocol="-1",
        cidr_ipv4="0.0.0.0/0",
        opts=opts,
    )
    for rule in _rules(name, group.id, access):
        rule.kind(
            rule.name,
            security_group_id=rule.group,
            description=rule.description,
            ip_protocol="tcp",
            from_port=rule.port,
            to_port=rule.port,
            referenced_security_group_id=rule.peer,
            opts=opts,
        )
    return group


def _rules(name: str, tasks: pulumi.Input[str], access: TaskNetworkAccess) -> Iterator[_Rule]:
    load_balancer = access.load_balancer_security_group_id
    yield _Rule(f"{name}-from-load-balancer", INGRESS, tasks, load_balancer, access.port, "Requests from the load balancer")
    yield _Rule(f"load-balancer-to-{name}", EGRESS, load_balancer, tasks, access.port, f"Requests to {name}")
    for to in access.dependencies:
        yield _Rule(f"{to.name}-from-{name}", INGRESS, to.security_group_id, tasks, to.port, f"Tasks of {access.service}")
