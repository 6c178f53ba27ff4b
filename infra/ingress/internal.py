"""The internal load balancer: how one service calls another one; nothing else reaches it.

Each service behind it has a listener of its own, at the service's own port: security groups tell ports apart, not paths, so
a caller of one service cannot reach another one behind the same load balancer.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.core.dependency import Dependency
from infra.ingress.base import BaseLoadBalancer, LoadBalancerArgs, Route, not_found
from infra.ingress.exposure import EVERY_PATH, url_variable_of

_ONLY_RULE = 1


class InternalLoadBalancer(BaseLoadBalancer):
    """An application load balancer without a public address."""

    TYPE = "axonflow:platform:InternalLoadBalancer"

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._build(name, args, internal=True)
        self.register_outputs({})

    def route(self, service: str, port: int) -> Route:
        """Create a service's listener. The callers that have the service as a dependency reach it."""
        listener = aws.lb.Listener(
            f"internal-{service}",
            load_balancer_arn=self.arn,
            port=port,
            protocol="HTTP",
            default_actions=[not_found()],
            opts=self.child(),
        )
        return Route(
            listener_arn=listener.arn,
            security_group_id=self.security_group_id,
            arn_suffix=self.arn_suffix,
            priority=_ONLY_RULE,
            paths=(EVERY_PATH,),
        )

    def dependency(self, service: str, port: int) -> Dependency:
        """What a caller of the service needs: its address in `<SERVICE>_URL`, and a security group rule."""
        return Dependency(
            name=service,
            port=port,
            security_group_id=self.security_group_id,
            environment={url_variable_of(service): pulumi.Output.concat("http://", self.dns_name, f":{port}")},
        )
