"""The role that an AWS service assumes with one managed policy of AWS."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.iam.documents import assume_role_policy


def service_role(
    owner: Component,
    name: str,
    role_name: str,
    principal: str,
    account: pulumi.Input[str],
    policy_arn: str,
    description: str,
) -> pulumi.Output[str]:
    """The role's ARN, known once its policy is attached: not every service checks that when it is given the role."""
    role = aws.iam.Role(
        name,
        name=role_name,
        description=description,
        assume_role_policy=assume_role_policy(principal, account),
        opts=owner.child(),
    )
    attached = aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy_arn, opts=owner.child())
    return pulumi.Output.all(role.arn, attached.id).apply(lambda values: str(values[0]))
