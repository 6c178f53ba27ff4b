"""Finds the resources that ECS needs to start a task definition's tasks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appdeploy.model.task_definition import TaskDefinition


@dataclass(frozen=True)
class Dependencies:
    """Names only: no value of a secret is ever read."""

    roles: frozenset[str]
    """Names of roles."""
    secrets: frozenset[str]
    """ARNs or names in Secrets Manager, without key, stage and version."""
    parameters: frozenset[str]
    """Names in the Parameter Store."""
    log_groups: frozenset[str]


def dependencies_of(definition: TaskDefinition) -> Dependencies:
    """The resources of this revision, without log groups that the log driver creates."""
    fields = definition.fields
    references = {item["valueFrom"] for item in _references(fields)}
    secrets = {_secret(reference) for reference in references if _service_of(reference) == "secretsmanager"}
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


def _secret(reference: str) -> str:
    # arn:aws:secretsmanager:region:account:secret:name-suffix[:json-key:version-stage:version-id]
    return ":".join(reference.split(":")[:7])


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
