"""What the roles that build an environment may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.access import Statement
from infra.naming import Names

SERVICES = (
    *("acm", "application-autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache"),
    *("elasticloadbalancing", "events", "logs", "rds", "route53", "s3", "scheduler", "secretsmanager", "sns", "ssm", "wafv2"),
)
"""What the platform is built of. Its keys, its roles and who may assume them have statements of their own."""

DATA = (
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
"""Reads of what is in things, where a preview asks only how they are."""

PASSED_TO = (
    "ecs-tasks.amazonaws.com",
    "ecs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "scheduler.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
LINKED = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
)
"""Services whose own role is made when an account first uses them
(docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html)."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """One environment, and where the state of its stack is."""

    names: Names
    region: str
    account: pulumi.Input[str]
    bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]

    def iam(self, resource: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("arn:aws:iam::", self.account, f":{resource}")

    @property
    def roles(self) -> list[pulumi.Output[str]]:
        """Those of the platform's program. The roles of this one are named otherwise, so that no role can change itself."""
        return [self.iam(f"role/{self.names.stack}-*")]

    @property
    def boundary(self) -> pulumi.Output[str]:
        return self.iam(f"policy/{self.names.boundary}")


def building(site: Site) -> tuple[Statement, ...]:
    """`pulumi up`: the services of the platform in its region, and roles within the boundary."""
    return (
        Statement(
            reason="build the platform in its region",
            actions=[f"{service}:*" for service in SERVICES],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": [site.region, "us-east-1"]}},
        ),
        # A role without it could be given more than this one has.
        Statement(
            reason="make roles within the boundary",
            actions=[
                *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
                *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
            ],
            resources=site.roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": site.boundary}},
        ),
        Statement(
            reason="tend those roles",
            actions=[
                *("iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
                "iam:UpdateRoleDescription",
            ],
            resources=site.roles,
        ),
        Statement(
            reason="tend policies",
            actions=[
                *("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
                *("iam:TagPolicy", "iam:UntagPolicy"),
            ],
            resources=[site.iam(f"policy/{site.names.stack}-*")],
        ),
        Statement(
            reason="leave the boundary as it is",
            actions=[
                *("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion"),
                "iam:SetDefaultPolicyVersion",
            ],
            resources=[site.boundary],
            deny=True,
        ),
        Statement(
            reason="hand roles to the services that use them",
            actions=["iam:PassRole"],
            resources=site.roles,
            conditions={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        Statement(
            reason="let services make their own role",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[site.iam("role/aws-service-role/*")],
            conditions={"StringEquals": {"iam:AWSServiceName": list(LINKED)}},
        ),
        *_read_roles(site),
        *_keep_state(
            site,
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
        ),
    )


def previewing(site: Site) -> tuple[Statement, ...]:
    """`pulumi preview` and `pulumi refresh --preview-only`: how things are, not what is in them."""
    reads = ("Describe*", "Get*", "List*")
    return (
        Statement(
            reason="see how the platform is",
            actions=[f"{service}:{read}" for service in SERVICES if service != "s3" for read in reads],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": [site.region, "us-east-1"]}},
        ),
        Statement(reason="not what is in it", actions=DATA, resources=["*"], deny=True),
        *_read_roles(site),
        *_keep_state(site, ["s3:GetObject"], ["kms:Decrypt"]),
    )


def _read_roles(site: Site) -> Sequence[Statement]:
    return (
        Statement(
            reason="see roles and policies",
            actions=[
                *("iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy"),
                *("iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListPolicyTags"),
                *("iam:ListPolicyVersions", "iam:ListRolePolicies", "iam:ListRoleTags"),
            ],
            resources=[*site.roles, site.iam(f"policy/{site.names.stack}-*")],
        ),
    )


def _keep_state(site: Site, objects: list[str], key: list[str]) -> Sequence[Statement]:
    """Of all stacks in the bucket: the layout of Pulumi's own files is not for a policy to rely on."""
    bucket = pulumi.Output.concat("arn:aws:s3:::", site.bucket)
    return (
        Statement(reason="find the state", actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[bucket]),
        Statement(reason="work on the state", actions=objects, resources=[pulumi.Output.concat(bucket, "/*")]),
        Statement(reason="work on its secrets", actions=key, resources=[site.key_arn]),
    )
