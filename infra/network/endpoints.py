"""VPC endpoints: private subnets reach AWS services without the internet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs

HTTPS = 443

INTERFACES = ("bedrock-runtime", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm")
"""What tasks need where there is no NAT gateway: images, logs, secrets and settings
(docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html, docs.aws.amazon.com/AmazonECR/latest/userguide/
vpc-endpoints.html), and language models, of which only those of Amazon Bedrock can then be reached."""


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs(ComponentArgs):
    """Subnets of the endpoints, and who may use them."""

    region: str
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    subnet_ranges: tuple[str, ...]
    """CIDR blocks of those subnets: every address in them may use the endpoints."""
    route_table_ids: pulumi.Input[Sequence[str]]
    """Of those subnets too: the gateway endpoint of S3 is a route."""
    instead_of_nat: bool
    """Whether there is no NAT gateway: then each AWS service that a task needs has an endpoint of its own."""


class Endpoints(Component):
    """A gateway to S3, which costs nothing, and interface endpoints where there is no NAT gateway."""

    TYPE = "axonflow:platform:Endpoints"

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        # ECR keeps the layers of images in S3: this route keeps them off the NAT gateways, which charge by the gigabyte.
        aws.ec2.VpcEndpoint(
            "s3",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=args.route_table_ids,
            opts=self.child(),
        )
        if args.instead_of_nat:
            self._interfaces(name, args)
        self.register_outputs({})

    def _interfaces(self, name: str, args: EndpointsArgs) -> None:
        group = self._security_group(name, args)
        for service in INTERFACES:
            aws.ec2.VpcEndpoint(
                service,
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=args.subnet_ids,
                security_group_ids=[group.id],
                private_dns_enabled=True,  # SDKs find it under the service's usual name
                opts=self.child(),
            )

    def _security_group(self, name: str, args: EndpointsArgs) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            name, description=f"Interface endpoints of {args.names.stack}", vpc_id=args.vpc_id, opts=self.child()
        )
        for number, block in enumerate(args.subnet_ranges, 1):
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-from-private-{number}",
                security_group_id=group.id,
                description="Calls of AWS services",
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                cidr_ipv4=block,
                opts=self.child(),
            )
        return group
