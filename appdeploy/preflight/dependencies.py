"""Finds the resources that ECS needs to start a task definition's tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from appdeploy.model.task_definition import TaskDefinition

CURRENT = "AWSCURRENT"
"""The stage that is fetched where a reference names none."""


@dataclass(frozen=True, order=True)
class SecretReference:
    """Which value of which secret is fetched, without the key in it."""

    arn: str
    """Full, or without the six characters that Secrets Manager adds to a name."""
    stage: str = CURRENT
    """Empty if only a version is named."""
    version: str = ""
    """Id; empty if none is named."""

    @classmethod
    def parse(cls, reference: str) -> Self:
        """Read `arn:aws:secretsmanager:region:account:secret:name-suffix[:json-key:version-stage:version-id]`
        (docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html)."""
        parts = reference.split(":")
        stage, version = (*parts[8:10], "", "")[:2]
        return cls(":".join(parts[:7]), stage or ("" if version else CURRENT), version)


@dataclass(frozen=True)
class Dependencies:
    """Names only: no value of a secret is ever read."""

    roles: frozenset[str]
    """Names of roles."""
    secrets: frozenset[SecretReference]
    """In Secrets Manager."""
    parameters: frozenset[str]
    """Names in the Parameter Store."""
    log_groups: frozenset[str]


def dependencies_of(definition: TaskDefinition) -> Dependencies:
    """The resources of this revision, without log groups that the log driver creates."""
    fields = definition.fields
    references = {item["valueFrom"] for item in _references(fields)}
    secrets = {SecretReference.parse(reference) for reference in references if _service_of(reference) == "secretsmanager"}
    roles = (fields.get("executionRoleArn"), fields.get("taskRoleArn"))
    return Dependencies(
        roles=frozenset(role.rsplit("/", 1)[-1] for role in roles if role),
        secrets=frozenset(secrets),
        parameters=frozenset(_parameter(reference) for reference in references if _service_of(reference) == "ssm"),
        log_groups=frozenset(_log_groups(fields)),
    )


def _references(fields: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for container in fields["containerDefinitions"]:
        yield from container.get("secrets", [])
        yield from container.get("logConfiguration", {}).get("secretOptions", [])


def _service_of(reference: str) -> str:
    # "If the parameter exists in the same Region as the task, you can use either the full ARN or name" (API, Secret).
    return reference.split(":")[2] if reference.startswith("arn:") else "ssm"


def _parameter(reference: str) -> str:
    if not reference.startswith("arn:"):
        return reference
    name = reference.split(":parameter", 1)[1]
    # The ARN of a parameter without a path has its name after one slash.
    return name if name.count("/") > 1 else name.removeprefix("/")


def _log_groups(fields: Mapping[str, Any]) -> Iterator[str]:
    for container in fields["containerDefinitions"]:
        configuration = container.get("logConfiguration", {})
        options = configuration.get("options", {})
        made = options.get("awslogs-create-group") == "true"
        if configuration.get("logDriver") == "awslogs" and "awslogs-group" in options and not made:
            yield options["awslogs-group"]
