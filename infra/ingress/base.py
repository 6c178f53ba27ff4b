"""The base of both load balancers: the load balancer, and its security group without rules of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs(ComponentArgs):
    """Subnets, timeouts and log bucket of a load balancer."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    idle_timeout: int
    """Seconds."""
    log_bucket: pulumi.Input[str]
    """For its access logs, under its own name as prefix."""
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Route:
    """The listener of one service, and the conditions of its rule."""

    listener_arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    """The load balancer's."""
    arn_suffix: pulumi.Input[str]
    """The load balancer's dimension value in metrics."""
    priority: int
    """Of its listener rule; lower numbers are evaluated first."""
    paths: tuple[str, ...]
    hosts: tuple[str, ...] = ()


class BaseLoadBalancer(Component):
    """An application load balancer, without listeners."""

    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    """Its dimension value in metrics."""
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    """Of the hosted zone that its DNS name is in: an alias record needs it."""
    security_group_id: pulumi.Output[str]

    def _build(self, name: str, args: LoadBalancerArgs, *, internal: bool) -> aws.lb.LoadBalancer:
        kind = "Internal" if internal else "Public"
        group = aws.ec2.SecurityGroup(
            f"{name}-load-balancer",
            description=f"{kind} load balancer of {args.names.stack}",
            vpc_id=args.vpc_id,
            opts=self.child(),
        )
        balancer = aws.lb.LoadBalancer(
            args.names.stem(name),
            load_balancer_type="application",
            internal=internal,
            security_groups=[group.id],
            subnets=args.subnet_ids,
            idle_timeout=args.idle_timeout,
            drop_invalid_header_fields=True,
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(bucket=args.log_bucket, prefix=name, enabled=True),
            enable_deletion_protection=args.protect,
            opts=self.child(protect=args.protect),
        )
        self.arn, self.arn_suffix, self.security_group_id = balancer.arn, balancer.arn_suffix, group.id
        self.dns_name, self.zone_id = balancer.dns_name, balancer.zone_id
        return balancer


def not_found() -> aws.lb.ListenerDefaultActionArgs:
    """The listener's default action: 404 for a request that matches no service's rule."""
    return aws.lb.ListenerDefaultActionArgs(
        type="fixed-response",
        fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
            content_type="application/json", status_code="404", message_body='{"error": "not found"}'
        ),
    )
