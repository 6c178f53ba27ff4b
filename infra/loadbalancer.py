"""The public load balancer: its listener answers 404 until a service adds a rule."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.balancer import Balancer, BalancerArgs, Entrance, not_found
from infra.exposure_settings import PublicExposure

HTTP = 80


class LoadBalancer(Balancer):
    """An application load balancer that the internet reaches on port 80."""

    TYPE = "axonflow:platform:LoadBalancer"

    listener_arn: pulumi.Output[str]
    url: pulumi.Output[str]
    """Scheme and host, no path."""

    def __init__(self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        balancer = self._build(name, args, internal=False)
        self._open_to_the_world(name)
        listener = aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=balancer.arn,
            port=HTTP,
            protocol="HTTP",
            default_actions=[not_found()],
            opts=self.child(),
        )
        self.listener_arn = listener.arn
        self.url = pulumi.Output.concat("http://", balancer.dns_name)
        self.register_outputs({"url": self.url})

    def entrance(self, exposure: PublicExposure) -> Entrance:
        """Where a service's requests from the internet come in."""
        return Entrance(
            listener_arn=self.listener_arn,
            security_group_id=self.security_group_id,
            priority=exposure.priority,
            paths=exposure.paths,
            hosts=exposure.hosts,
        )

    def _open_to_the_world(self, name: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-internet",
            security_group_id=self.security_group_id,
            description="HTTP from anywhere",
            ip_protocol="tcp",
            from_port=HTTP,
            to_port=HTTP,
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )
