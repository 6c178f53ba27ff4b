"""The task definition template of a service: all that its tasks are, but for the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from infra.connection import Connection
from infra.service_settings import ServiceSettings

UNRELEASED = "unreleased"
"""Tag of the template's image. Nothing is ever pushed under it, so a template that is run by mistake fails at once."""

APPLICATION_USER = "1001"
"""The images are built to run as this user; saying it here refuses one that is not."""


@dataclass(frozen=True, kw_only=True)
class ContainerArgs:
    """What the application container is made from."""

    name: str
    repository_url: pulumi.Input[str]
    log_group: pulumi.Input[str]
    region: str
    settings: ServiceSettings
    connections: Sequence[Connection]
    addresses: Mapping[str, pulumi.Input[str]]
    """Where other services are reached from the internet, by the variable that says so."""


def container_definitions(args: ContainerArgs) -> pulumi.Output[str]:
    """The container list as JSON, one application container.

    Empty lists and sorted variables are spelled out because AWS answers with them: left out, every preview after a
    refresh would show a difference.
    """
    settings = args.settings
    environment: dict[str, pulumi.Input[str]] = {**settings.environment, **args.addresses}
    secrets: dict[str, pulumi.Input[str]] = {}
    for connection in args.connections:
        environment |= connection.environment
        secrets |= connection.secrets
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
