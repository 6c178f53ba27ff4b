"""What ECS may do when it starts a service's tasks: narrower than AWS's managed policy, which reads every repository."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from infra.access import Statement, policy
from infra.connection import Connection


def start_tasks(
    repository_arn: pulumi.Input[str], log_group_arn: pulumi.Input[str], connections: Sequence[Connection]
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
                reason=f"read the secret of the {connection.name}",
                actions=["secretsmanager:GetSecretValue"],
                resources=[connection.secret_arn],
            )
            for connection in connections
            if connection.secret_arn is not None
        ),
    )
