"""The permissions boundary: the maximum permissions of every role of an environment, whatever its policies say.

A principal that may create roles could otherwise give one more permissions than it has itself
(docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html). The role that runs this program may create roles
with this boundary alone, and may not change the boundary itself (`bootstrap`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from appdeploy.model.contract import Promotion
from infra.core.component import Component, ComponentArgs
from infra.iam.documents import Statement, managed_policy

ROLE = "aws:iam/role:Role"

ACTIONS = (
    "application-autoscaling:*",
    "cloudwatch:*",
    "dynamodb:*",
    "ec2:Describe*",
    "ecr:*",
    "ecs:*",
    "elasticloadbalancing:*",
    "events:PutEvents",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:*",
    "rds:*",
    "secretsmanager:*",
    "sns:Publish",
    "ssm:*",
    "ssmmessages:*",
)
"""Of every AWS service that the roles here use. Nothing of IAM, STS, KMS keys, or the network is among them."""


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs(ComponentArgs):
    """The environment and its region."""

    region: str
    promotion: Promotion | None


class Boundary(Component):
    """The policy, attached as boundary to every role that is declared after it."""

    TYPE = "axonflow:platform:Boundary"

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        made = aws.iam.Policy(
            name,
            name=args.names.boundary,
            description=f"Maximum permissions of the roles of {args.names.stack}",
            policy=managed_policy(*_statements(args)),
            opts=self.child(),
        )
        self.arn = made.arn
        _attach_to_roles(made.arn)
        self.register_outputs({"arn": self.arn})


def _statements(args: BoundaryArgs) -> tuple[Statement, ...]:
    role = args.promotion.role if args.promotion else None
    promotion = Statement(
        reason="read the ledger of the source environment", actions=["sts:AssumeRole"], resources=[role or ""]
    )
    return (
        *((promotion,) if role else ()),
        Statement(
            reason="use the platform's services in its region",
            actions=ACTIONS,
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": args.region}},
        ),
        Statement(
            reason="pass the roles of the environment's tasks",
            actions=["iam:GetRole", "iam:PassRole"],
            resources=[f"arn:aws:iam::*:role/{args.names.stack}-*"],
        ),
    )


def _attach_to_roles(arn: pulumi.Output[str]) -> None:
    """By a transformation of every role of the stack, so that no component can forget it."""

    def with_boundary(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != ROLE:
            return None
        return pulumi.ResourceTransformationResult({**args.props, "permissions_boundary": arn}, args.opts)

    pulumi.runtime.register_stack_transformation(with_boundary)
