"""The task definition template of a service: everything but the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.core.dependency import Dependency
from infra.service.settings import ServiceSettings

UNRELEASED = "unreleased"
"""Tag of the template's image. Never pushed, so a template that is run by mistake fails at once."""

APPLICATION_USER = "1001"
"""The images are built to run as this user; one that is not fails to start."""


@dataclass(frozen=True, kw_only=True)
class ContainerArgs:
    """Inputs of the application container."""

    name: str
    repository_url: pulumi.Input[str]
    log_group: pulumi.Input[str]
    region: str
    settings: ServiceSettings
    dependencies: Sequence[Dependency]
    public_urls: Mapping[str, pulumi.Input[str]]
    """Of other services, by the variable that holds each."""
    config_parameters: Mapping[str, pulumi.Input[str]]
    """ARN of the SSM parameter that holds a variable's value."""


def container_definitions(args: ContainerArgs) -> pulumi.Output[str]:
    """The container list as JSON, one application container.

    Empty lists and sorted variables are explicit because AWS returns them: without them every preview after a
    refresh would show a diff.
    """
    settings = args.settings
    environment: dict[str, pulumi.Input[str]] = {**settings.environment, **args.public_urls}
    secrets: dict[str, pulumi.Input[str]] = dict(args.config_parameters)
    for dependency in args.dependencies:
        environment |= dependency.environment
        secrets |= dependency.secrets
    return pulumi.Output.json_dumps(
        [
            {
                "name": args.name,
                "image": pulumi.Output.concat(args.repository_url, ":", UNRELEASED),
                "essential": True,
                "user": APPLICATION_USER,
                "portMappings": [{"containerPort": settings.port, "hostPort": settings.port, "protocol": "tcp"}],
                "environment": [{"name": key, "value": environment[key]} for key in sorted(environment)],
                "secrets": [{"name": key, "valueFrom": secrets[key]} for key in sorted(secrets)],
                "stopTimeout": settings.longest_request_seconds,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": args.log_group,
                        "awslogs-region": args.region,
                        "awslogs-stream-prefix": args.name,
                    },
                },
                "mountPoints": [],
                "volumesFrom": [],
                "systemControls": [],
            }
        ]
    )
