"""What `appdeploy rollback --list --json` prints: these models are its documentation."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class RollbackTarget(_Part):
    """A task definition that was deployed successfully."""

    task_definition: str
    """`family:revision`."""
    version: str | None
    """None when the revision has no container of the service's name."""
    digest: str | None
    template: str | None
    """The template revision that it descends from; None if not known."""
    succeeded: datetime
    """When its newest successful deployment was started."""
    running: bool
    """Whether the service runs it now."""
    problem: str | None
    """Why it cannot be a target any more; None if it can."""
    deregistered: bool = False
    """Whether a rollback has to register its content again, as a new revision."""
    unchecked: tuple[str, ...] = ()
    """What its tasks need and that could not be looked up, with the reason."""


class NeverSettledVersion(_Part):
    """A version that was live, and was replaced before ECS had completed its deployment: only `--to` returns to it."""

    task_definition: str
    """`family:revision`."""
    version: str | None
    digest: str | None
    release: str
    """The id of the release that deployed it."""
    live_at: datetime
    """When that release saw it live."""
    live_seconds: float | None
    """How long it was live; None if it is not known what replaced it."""
    superseded_by: str | None
    """The id of the release that replaced it; None if that is not known."""
    problem: str | None
    """Why the service cannot return to it any more; None if it can."""
    unchecked: tuple[str, ...] = ()
    """What its tasks need and that could not be looked up, with the reason."""


class ServiceTargets(_Part):
    """One service, newest target first."""

    name: str
    targets: tuple[RollbackTarget, ...]
    default: str | None
    """The default target of `appdeploy rollback`, `family:revision`: the first that has no problem."""
    never_settled: tuple[NeverSettledVersion, ...] = ()
    """From the ledger's newest entries, newest first; empty where the ledger cannot be read."""


class TargetsReport(_Part):
    """The rollback targets of an environment's services. ECS keeps records for 90 days."""

    schema_version: str = "1.0"
    """Within 1 fields may be added; none is removed or changes its meaning."""
    environment: str
    services: tuple[ServiceTargets, ...]
