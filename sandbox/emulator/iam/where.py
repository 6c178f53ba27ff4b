"""Where a call is made, for the ARNs of what it is about; and what of that has to be looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.iam.evaluate import Ask

Sent = Mapping[str, Any]
"""A call's parameters."""


@dataclass(frozen=True)
class Definition:
    """A task definition, as far as a call that names it is authorized by it."""

    arn: str
    roles: tuple[str, ...]
    """ARNs of its task and execution role."""


@dataclass(frozen=True)
class Where:
    """Account and region of a call."""

    account: str
    region: str
    definition: Callable[[str], Definition | None]
    """By ARN, `family:revision` or family. ECS looks it up before it asks IAM."""
    boundary: Callable[[str], str | None]
    """The permissions boundary of a role, by the role's name."""
    secret: Callable[[str], str | None]
    """The ARN of a secret by its name: it ends in characters that nobody chose."""

    tags: Callable[[str], Mapping[str, str]]
    """The tags of a thing that policies tell apart by them, by its ARN: of keys."""

    def tags_of(self, arn: str) -> dict[str, str]:
        """As condition keys."""
        return {f"aws:resourcetag/{name.lower()}": value for name, value in self.tags(arn).items()}

    def arn(self, service: str, resource: str) -> str:
        """Of a thing in the region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def role(self, name: str) -> str:
        """Of a role by name or ARN."""
        return name if name.startswith("arn:") else f"arn:aws:iam::{self.account}:role/{name}"


Row = Callable[[Sent, Where], Sequence[Ask]]
"""What a call of one action needs."""


def asking(action: str, *resources: str, **context: str | None) -> list[Ask]:
    """The same permission on each resource. A condition key is written with `__` for its colon and `_` for a hyphen; a None
    means that the request does not have it."""
    keys = {name.replace("__", ":").replace("_", "-").lower(): value for name, value in context.items() if value is not None}
    return [Ask(action, resource, keys) for resource in resources]


def anywhere(action: str) -> Row:
    """A row for an action that knows no resource."""
    return lambda _sent, _where: asking(action, "*")


def passing(where: Where, roles: Sequence[str], service: str) -> list[Ask]:
    """iam:PassRole of roles to an AWS service (docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html)."""
    return [Ask("iam:PassRole", where.role(role), {"iam:passedtoservice": service}) for role in dict.fromkeys(roles) if role]
