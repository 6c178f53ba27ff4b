"""The public load balancer: its listener answers 404 until a service adds a rule."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.naming import Names

HTTP = 80


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Where the load balancer stands and how long it waits."""

    names: Names
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    idle_timeout: int
    """Seconds."""
    protect: bool


class LoadBalancer(Component):
    """An application load balancer that the internet reaches on port 80."""

    TYPE = "axonflow:platform:LoadBalancer"

    arn: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    url: pulumi.Output[str]
    """Scheme and host, no path."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        stem = args.names.stem(name)
        group = self._security_group(name, args)
        balancer = aws.lb.LoadBalancer(
            stem,
            load_balancer_type="application",
            internal=False,
            security_groups=[group.id],
            subnets=args.subnet_ids,
            idle_timeout=args.idle_timeout,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            opts=self.child(protect=args.protect),
        )
        listener = aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=HTTP,
            protocol="HTTP",
            default_actions=[_not_found()],
            opts=self.child(),
        )
        self.arn = balancer.arn
        self.listener_arn = listener.arn
        self.security_group_id = group.id
        self.url = pulumi.Output.concat("http://", balancer.dns_name)
        self.register_outputs({"url": self.url})

    def _security_group(self, name: str, args: LoadBalancerArgs) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{name}-load-balancer",
            description=f"Public load balancer of {args.names.stack}",
            vpc_id=args.vpc_id,
            opts=self.child(),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-internet",
            security_group_id=group.id,
            description="HTTP from anywhere",
            ip_protocol="tcp",
            from_port=HTTP,
            to_port=HTTP,
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
        return group


def _not_found() -> aws.lb.ListenerDefaultActionArgs:
    """What a path gets that no service has a rule for."""
    return aws.lb.ListenerDefaultActionArgs(
        type="fixed-response",
        fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
            content_type="application/json", status_code="404", message_body='{"error": "not found"}'
        ),
    )
