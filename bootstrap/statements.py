"""The permissions of the roles that run Pulumi for an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.core.names import Names
from infra.iam.documents import Conditions, Statement

SERVICES = (
    *("acm", "application-autoscaling", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache"),
    *("elasticloadbalancing", "events", "logs", "rds", "route53", "scheduler", "sns", "wafv2"),
)
"""AWS services of the platform whose resources no other environment's secrets are in. Buckets, parameters, secrets, keys, roles
and their trust have statements of their own."""

READS: Mapping[str, Sequence[str]] = {
    "acm": ("Describe*", "List*"),
    "application-autoscaling": ("Describe*", "List*"),
    "cloudwatch": ("Describe*", "Get*", "List*"),
    "dynamodb": ("Describe*", "List*"),
    "ec2": ("Describe*", "Get*"),
    "ecr": ("Describe*", "Get*", "List*"),
    "ecs": ("Describe*", "List*"),
    "elasticache": ("Describe*", "List*"),
    "elasticloadbalancing": ("Describe*",),
    "events": ("Describe*", "List*"),
    "logs": ("Describe*", "Get*", "List*"),
    "rds": ("Describe*", "List*"),
    "route53": ("Get*", "List*"),
    "scheduler": ("Get*", "List*"),
    "sns": ("Get*", "List*"),
    "wafv2": ("Describe*", "Get*", "List*"),
}
"""Patterns of the actions that read the configuration of each of SERVICES: those that match any action (Service Authorization
Reference)."""

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

KEY_READS = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags")
BUCKET_READS = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucket*",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
)
"""All but objects."""
PARAMETER_READS = ("ssm:GetParameter", "ssm:GetParameters", "ssm:ListTagsForResource")
SECRET_READS = ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy")

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

    def arn(self, service: str, resource: str) -> pulumi.Output[str]:
        """In the region; `service` as in the ARN."""
        return pulumi.Output.concat(f"arn:aws:{service}:{self.region}:", self.account, f":{resource}")

    @property
    def buckets(self) -> list[pulumi.Input[str]]:
        """The platform's own, and what is in them; no bucket of state is among them (bootstrap/settings.py)."""
        return [f"arn:aws:s3:::{self.names.stack}-*", f"arn:aws:s3:::{self.names.stack}-*/*"]

    @property
    def parameters(self) -> list[pulumi.Output[str]]:
        return [self.arn("ssm", f"parameter/axonflow/{self.names.environment}/*")]

    @property
    def secrets(self) -> list[pulumi.Output[str]]:
        return [self.arn("secretsmanager", f"secret:{self.names.secret('*')}")]

    @property
    def keys(self) -> list[pulumi.Output[str]]:
        """Those of the account. A key's ARN says nothing of its environment: its tag does."""
        return [self.arn("kms", "key/*")]

    @property
    def own_keys(self) -> Conditions:
        return {"StringEquals": {"aws:ResourceTag/Environment": self.names.environment}}

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
            conditions=_in(arns),
        ),
        *_own_data(arns),
        *_own_keys(arns),
        # A role without a boundary could get more permissions than this one has.
        Statement(
            reason="create roles with the boundary",
            actions=[
                *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
                *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
            ],
            resources=arns.roles,
            conditions={"ArnEquals": {"iam:PermissionsBoundary": arns.boundary}},
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
    return (
        Statement(
            reason="read the configuration of the platform",
            actions=[f"{service}:{read}" for service in SERVICES for read in READS[service]],
            resources=["*"],
            conditions=_in(arns),
        ),
        Statement(reason="read how its buckets are set up", actions=BUCKET_READS, resources=arns.buckets[:1]),
        Statement(reason="read its parameters", actions=PARAMETER_READS, resources=arns.parameters),
        Statement(reason="find parameters", actions=["ssm:DescribeParameters"], resources=["*"], conditions=_in(arns)),
        Statement(reason="read how its secrets are set up", actions=SECRET_READS, resources=arns.secrets),
        _draws_passwords(arns),
        Statement(reason="read how its keys are set up", actions=KEY_READS, resources=arns.keys, conditions=arns.own_keys),
        Statement(reason="deny reads of contents", actions=DATA_READS, resources=["*"], deny=True),
        *_read_roles(arns),
        *_state_access(arns, ["s3:GetObject"], ["kms:Decrypt"]),
    )


def _in(arns: StackArns) -> Conditions:
    """In the region, and where AWS keeps what is global."""
    return {"StringEquals": {"aws:RequestedRegion": [arns.region, "us-east-1"]}}


def _draws_passwords(arns: StackArns) -> Statement:
    """The program does at each run, also at a preview; what is drawn then is kept nowhere."""
    return Statement(
        reason="draw a password", actions=["secretsmanager:GetRandomPassword"], resources=["*"], conditions=_in(arns)
    )


def _own_data(arns: StackArns) -> Sequence[Statement]:
    """Buckets, parameters and secrets of this environment, by their names: in an account of two environments none reaches the
    other's."""
    return (
        Statement(reason="manage its buckets", actions=["s3:*"], resources=arns.buckets),
        Statement(reason="manage its parameters", actions=["ssm:*"], resources=arns.parameters),
        Statement(reason="find parameters", actions=["ssm:DescribeParameters"], resources=["*"], conditions=_in(arns)),
        Statement(reason="manage its secrets", actions=["secretsmanager:*"], resources=arns.secrets),
        _draws_passwords(arns),
        # RDS names the secret of the master user itself, and makes it with the rights of who makes the database
        # (docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions).
        Statement(
            reason="let RDS keep the master password",
            actions=["secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"],
            resources=[arns.arn("secretsmanager", "secret:rds!db-*")],
        ),
    )


def _own_keys(arns: StackArns) -> Sequence[Statement]:
    """The keys that the platform makes, by their tag: their ARNs have no name."""
    return (
        Statement(
            reason="make its keys",
            actions=["kms:CreateKey", "kms:TagResource"],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestTag/Environment": arns.names.environment}},
        ),
        Statement(
            reason="tend its keys",
            actions=[
                *KEY_READS,
                *("kms:CancelKeyDeletion", "kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:PutKeyPolicy"),
                *("kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription"),
            ],
            resources=arns.keys,
            conditions=arns.own_keys,
        ),
        # Storage and the master password are encrypted with AWS's own keys of the account.
        Statement(
            reason="let RDS use the keys of AWS",
            actions=["kms:CreateGrant", "kms:DescribeKey"],
            resources=arns.keys,
            conditions={"StringEquals": {"kms:ViaService": f"rds.{arns.region}.amazonaws.com"}},
        ),
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
    """The bucket and the key are this environment's alone."""
    bucket = pulumi.Output.concat("arn:aws:s3:::", arns.bucket)
    return (
        Statement(reason="list the state", actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[bucket]),
        Statement(reason="access the state", actions=objects, resources=[pulumi.Output.concat(bucket, "/*")]),
        Statement(reason="use the key of its secrets", actions=key, resources=[arns.key_arn]),
    )
