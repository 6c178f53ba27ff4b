"""The policy of an execution role: narrower than AWS's managed policy, which reads every repository."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from infra.core.dependency import Dependency
from infra.iam.documents import Statement, policy


def execution_policy(
    repository_arn: pulumi.Input[str],
    log_group_arn: pulumi.Input[str],
    dependencies: Sequence[Dependency],
    parameter_arns: Sequence[pulumi.Input[str]],
) -> pulumi.Output[str]:
    """The policy of a service's execution role, as JSON."""
    return policy(
        # GetAuthorizationToken has no resource to name (Service Authorization Reference, Amazon ECR).
        Statement(reason="log in to ECR", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        Statement(
            reason="pull this image",
            actions=["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
            resources=[repository_arn],
        ),
        Statement(
            reason="write this log",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
        ),
        *(
            Statement(
                reason=f"read the secret of the {dependency.name}",
                actions=["secretsmanager:GetSecretValue"],
                resources=[dependency.secret_arn],
            )
            for dependency in dependencies
            if dependency.secret_arn is not None
        ),
        *(
            [Statement(reason="read these settings", actions=["ssm:GetParameters"], resources=parameter_arns)]
            if parameter_arns
            else []
        ),
    )
