"""The internal load balancer: how one service reaches another one, and nothing else does.

Each service behind it has a listener of its own, at the service's own port: security groups tell ports apart, not paths, so
who may call one service is kept from another one that stands behind the same load balancer.
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.balancer import Balancer, BalancerArgs, Entrance, not_found
from infra.connection import Connection
from infra.exposure_settings import EVERY_PATH, address_variable

_ONLY_RULE = 1


class InternalLoadBalancer(Balancer):
    """An application load balancer without a public address."""

    TYPE = "axonflow:platform:InternalLoadBalancer"

    def __init__(self, name: str, args: BalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._build(name, args, internal=True)
        self.register_outputs({})

    def entrance(self, service: str, port: int) -> Entrance:
        """Open a listener for a service. It answers whoever has its connection."""
        listener = aws.lb.Listener(
            f"internal-{service}",
            load_balancer_arn=self.arn,
            port=port,
            protocol="HTTP",
            default_actions=[not_found()],
            opts=self.child(),
        )
        return Entrance(
            listener_arn=listener.arn,
            security_group_id=self.security_group_id,
            arn_suffix=self.arn_suffix,
            priority=_ONLY_RULE,
            paths=(EVERY_PATH,),
        )

    def connection(self, service: str, port: int) -> Connection:
        """What a caller of the service needs: its address in `<SERVICE>_URL`, and to be let through."""
        return Connection(
            name=service,
            port=port,
            security_group_id=self.security_group_id,
            environment={address_variable(service): pulumi.Output.concat("http://", self.dns_name, f":{port}")},
        )
