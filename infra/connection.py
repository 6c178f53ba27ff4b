"""How a service reaches something that it uses: said by what is used, put into effect by the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True, kw_only=True)
class Connection:
    """One thing that services use over the network.

    A service that has it gets the variables, may read the secrets, and is let through the security group; nobody else is.
    """

    name: str
    port: int
    security_group_id: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Variables whose values ECS fetches when it starts a task, each with its reference
    (docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html)."""
    secret_arn: pulumi.Input[str] | None = None
    """What those references are in, if there are any."""
