"""The public load balancer: its listener answers 404 until a service adds a rule."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.ingress.base import BaseLoadBalancer, LoadBalancerArgs, Route, not_found
from infra.ingress.exposure import PublicExposure

HTTP = 80
HTTPS = 443

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.3 and 1.2, forward secrecy and authenticated encryption alone: what AWS recommends
(docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html) and Security Hub ELB.17 demands."""


class LoadBalancer(BaseLoadBalancer):
    """An internet-facing application load balancer. With a certificate it speaks TLS, and port 80 only redirects to 443."""

    TYPE = "axonflow:platform:LoadBalancer"

    listener_arn: pulumi.Output[str]
    url: pulumi.Output[str]
    """Scheme and host of the load balancer's own name, no path."""

    def __init__(
        self,
        name: str,
        args: LoadBalancerArgs,
        certificate_arn: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name = name
        self._build(name, args, internal=False)
        self._allow_from_internet(HTTP, "HTTP", "from-internet")
        if certificate_arn is None:
            listener = self._listener(HTTP, "HTTP", not_found())
        else:
            self._listener(HTTP, "HTTP", _to_https())  # Security Hub ELB.1
            self._allow_from_internet(HTTPS, "HTTPS", "encrypted-from-internet")
            listener = self._listener(HTTPS, "HTTPS", not_found(), ssl_policy=TLS_POLICY, certificate_arn=certificate_arn)
        self.listener_arn = listener.arn
        self.url = pulumi.Output.concat("http://", self.dns_name)
        self.register_outputs({})

    def route(self, exposure: PublicExposure) -> Route:
        """The route from the internet to a service."""
        return Route(
            listener_arn=self.listener_arn,
            security_group_id=self.security_group_id,
            arn_suffix=self.arn_suffix,
            priority=exposure.priority,
            paths=exposure.paths,
            hosts=exposure.hosts,
        )

    def _listener(
        self,
        port: int,
        protocol: str,
        default_action: aws.lb.ListenerDefaultActionArgs,
        *,
        ssl_policy: str | None = None,
        certificate_arn: pulumi.Input[str] | None = None,
    ) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{self._name}-{protocol.lower()}",
            load_balancer_arn=self.arn,
            port=port,
            protocol=protocol,
            default_actions=[default_action],
            ssl_policy=ssl_policy,
            certificate_arn=certificate_arn,
            opts=self.child(),
        )

    def _allow_from_internet(self, port: int, protocol: str, suffix: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{suffix}",
            security_group_id=self.security_group_id,
            description=f"{protocol} from anywhere",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4="0.0.0.0/0",
            opts=self.child(),
        )


def _to_https() -> aws.lb.ListenerDefaultActionArgs:
    return aws.lb.ListenerDefaultActionArgs(
        type="redirect",
        redirect=aws.lb.ListenerDefaultActionRedirectArgs(protocol="HTTPS", port=str(HTTPS), status_code="HTTP_301"),
    )
