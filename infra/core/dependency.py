"""What a service needs to use another resource over the network: declared by that resource, applied by the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True, kw_only=True)
class Dependency:
    """One resource that services use over the network.

    A service that has it gets the variables, may read the secrets, and gets a security group rule; no other service does.
    """

    name: str
    port: int
    security_group_id: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Variables whose values ECS fetches when it starts a task, each with its reference
    (docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html)."""
    secret_arn: pulumi.Input[str] | None = None
    """The secret of those references, if there are any."""
