"""What `appdeploy rollback --list --json` prints: these models are its documentation."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class RollbackTarget(_Part):
    """A task definition that served well."""

    task_definition: str
    """`family:revision`."""
    version: str | None
    """None when the revision has no container of the service's name."""
    digest: str | None
    template: str | None
    """The template revision that it descends from; None when that is not known."""
    succeeded: datetime
    """When its newest successful deployment was started."""
    running: bool
    """Whether the service stands on it now."""
    problem: str | None
    """Why it cannot be returned to any more; None when it can."""


class ServiceTargets(_Part):
    """One service, newest point first."""

    name: str
    targets: tuple[RollbackTarget, ...]
    default: str | None
    """Where `appdeploy rollback` would go, `family:revision`."""


class TargetsReport(_Part):
    """What an environment's services could be returned to. ECS remembers 90 days."""

    environment: str
    services: tuple[ServiceTargets, ...]
