"""The permissions boundary: the most that any role of an environment may ever do, whatever its policies say.

Whoever may create roles could otherwise give one more than he has himself
(docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html). The role that runs this program may create roles
with this boundary alone, and may not change the boundary itself (`bootstrap`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from appdeploy.model.contract import Promotion
from infra.access import Statement, managed_policy
from infra.component import Component
from infra.naming import Names

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
"""Of everything that roles here are made for. Nothing of IAM, STS, KMS' keys, or the network is among it."""


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """Which environment, and where it is."""

    names: Names
    region: str
    promotion: Promotion | None


class Boundary(Component):
    """The policy, and that every role that is declared after it carries it."""

    TYPE = "axonflow:platform:Boundary"

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        made = aws.iam.Policy(
            name,
            name=args.names.boundary,
            description=f"The most that a role of {args.names.stack} may ever do",
            policy=managed_policy(*_statements(args)),
            opts=self.child(),
        )
        self.arn = made.arn
        _carry(made.arn)
        self.register_outputs({"arn": self.arn})


def _statements(args: BoundaryArgs) -> tuple[Statement, ...]:
    role = args.promotion.role if args.promotion else None
    elsewhere = Statement(reason="the ledger that images come from", actions=["sts:AssumeRole"], resources=[role or ""])
    return (
        *((elsewhere,) if role else ()),
        Statement(
            reason="the platform's services in its region",
            actions=ACTIONS,
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": args.region}},
        ),
        Statement(
            reason="the roles of the environment's tasks",
            actions=["iam:GetRole", "iam:PassRole"],
            resources=[f"arn:aws:iam::*:role/{args.names.stack}-*"],
        ),
    )


def _carry(arn: pulumi.Output[str]) -> None:
    """Give it to every role of the stack: a component that forgot it could not be told from one that must not have it."""

    def carrying(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ != ROLE:
            return None
        return pulumi.ResourceTransformationResult({**args.props, "permissions_boundary": arn}, args.opts)

    pulumi.runtime.register_stack_transformation(carrying)
