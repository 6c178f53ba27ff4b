"""The permissions of the roles that run Pulumi for an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.core.names import Names
from infra.iam.documents import Statement

SERVICES = (
    *("acm", "application-autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache"),
    *("elasticloadbalancing", "events", "logs", "rds", "route53", "s3", "scheduler", "secretsmanager", "sns", "ssm", "wafv2"),
)
"""AWS services of the platform. KMS keys, roles and their trust have statements of their own."""

DATA_READS = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
)
"""Reads of contents; a preview needs configuration alone."""

PASS_ROLE_SERVICES = (
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
SERVICE_LINKED_ROLE_SERVICES = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
)
"""Services whose service-linked role is created when an account first uses them
(docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html)."""


@dataclass(frozen=True, kw_only=True)
class StackArns:
    """The ARNs of one environment, and of its stack's state."""

    names: Names
    region: str
    account: pulumi.Input[str]
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]

    def iam(self, resource: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("arn:aws:iam::", self.account, f":{resource}")

    @property
    def roles(self) -> list[pulumi.Output[str]]:
        """Roles of the platform's program. The roles of this program have other names, so that no role can change itself."""
        return [self.iam(f"role/{self.names.stack}-*")]

    @property
    def boundary(self) -> pulumi.Output[str]:
        return self.iam(f"policy/{self.names.boundary}")


def infrastructure_statements(arns: StackArns) -> tuple[Statement, ...]:
    """`pulumi up`: the services of the platform in its region, and roles within the boundary."""
    return (
        Statement(
            reason="manage the platform in its region",
            actions=[f"{service}:*" for service in SERVICES],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": [arns.region, "us-east-1"]}},
        ),
        # A role without a boundary could get more permissions than this one has.
        Statement(
            reason="create roles with the boundary",
            actions=[
                *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
                *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
            ],
            resources=arns.roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": arns.boundary}},
        ),
        Statement(
            reason="manage those roles",
            actions=[
                *("iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
                "iam:UpdateRoleDescription",
            ],
            resources=arns.roles,
        ),
        Statement(
            reason="manage policies",
            actions=[
                *("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
                *("iam:TagPolicy", "iam:UntagPolicy"),
            ],
            resources=[arns.iam(f"policy/{arns.names.stack}-*")],
        ),
        Statement(
            reason="deny changes of the boundary",
            actions=[
                *("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
                "iam:SetDefaultPolicyVersion",
            ],
            resources=[arns.boundary],
            deny=True,
        ),
        Statement(
            reason="pass roles to AWS services",
            actions=["iam:PassRole"],
            resources=arns.roles,
            conditions={"StringEquals": {"iam:PassedToService": list(PASS_ROLE_SERVICES)}},
        ),
        Statement(
            reason="create service linked roles",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[arns.iam("role/aws-service-role/*")],
            conditions={"StringEquals": {"iam:AWSServiceName": list(SERVICE_LINKED_ROLE_SERVICES)}},
        ),
        *_read_roles(arns),
        *_state_access(
            arns,
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
        ),
    )


def preview_statements(arns: StackArns) -> tuple[Statement, ...]:
    """`pulumi preview` and `pulumi refresh --preview-only`: configuration, no contents."""
    reads = ("Describe*", "Get*", "List*")
    return (
        Statement(
            reason="read the configuration of the platform",
            actions=[f"{service}:{read}" for service in SERVICES if service != "s3" for read in reads],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": [arns.region, "us-east-1"]}},
        ),
        Statement(reason="deny reads of contents", actions=DATA_READS, resources=["*"], deny=True),
        *_read_roles(arns),
        *_state_access(arns, ["s3:GetObject"], ["kms:Decrypt"]),
    )


def _read_roles(arns: StackArns) -> Sequence[Statement]:
    return (
        Statement(
            reason="read roles and policies",
            actions=[
                *("iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy"),
                *("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListPolicyTags"),
                *("iam:ListPolicyVersions", "iam:ListRolePolicies", "iam:ListRoleTags"),
            ],
            resources=[*arns.roles, arns.iam(f"policy/{arns.names.stack}-*")],
        ),
    )


def _state_access(arns: StackArns, objects: list[str], key: list[str]) -> Sequence[Statement]:
    """Of all stacks in the bucket: a policy should not rely on the layout of Pulumi's files."""
    bucket = pulumi.Output.concat("arn:aws:s3:::", arns.bucket)
    return (
        Statement(reason="list the state", actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[bucket]),
        Statement(reason="access the state", actions=objects, resources=[pulumi.Output.concat(bucket, "/*")]),
        Statement(reason="use the key of its secrets", actions=key, resources=[arns.key_arn]),
    )
