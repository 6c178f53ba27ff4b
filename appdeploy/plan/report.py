"""What `appdeploy plan --json`, and each command with `--plan --json`, prints: these models are its documentation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from appdeploy.model.ledger_entry import CountChange


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Running(_Part):
    """What a service runs, or would run."""

    version: str | None
    """None before the first release."""
    digest: str | None
    task_definition: str | None
    """`family:revision`; None for a revision that is not registered yet."""
    template: str | None
    """The template revision that it descends from, `family:revision`; None if not known."""


class TemplateChange(_Part):
    """One setting that differs between two templates."""

    setting: str
    """Its path, such as `containerDefinitions.agent.environment.LOG_LEVEL`."""
    before: str | None
    """None if it is new. Neither a secret nor its location is shown."""
    after: str | None
    """None if it was removed."""


class Drift(_Part):
    """infra has changed the template since the running revision was made from it."""

    running: str
    target: str
    changes: tuple[TemplateChange, ...] | None
    """None if the running revision's template could not be read any more."""
    applied: bool
    """Whether this release applies it."""


class Duration(_Part):
    """Expected seconds, from the moment at which new tasks answer; their start time is not known."""

    live_soonest: int
    live_latest: int
    complete_after_live: int
    how: str
    """How it is computed, with the settings used."""


class PlannedSetting(_Part):
    """A setting that is written before new tasks start."""

    key: str
    before: str
    after: str


class PlannedService(_Part):
    """One service."""

    name: str
    unchanged_because: str | None = None
    """Why nothing would be changed; None when something would."""
    before: Running
    after: Running
    drift: Drift | None
    writes: tuple[str, ...] = ()
    """The calls that would change AWS, in order."""
    duration: Duration | None = None
    group: int = 1
    """Its wave, counted from 1: a wave starts when the services of those before it are live."""
    remarks: tuple[str, ...] = ()
    """What to know about it that is in nothing's way, as text for people."""
    settings: tuple[PlannedSetting, ...] = ()
    """Of `config`, and of a rollback that restores settings."""
    count: CountChange | None = None
    """Of `scale`, which changes nothing else."""


class PlanCheck(_Part):
    """One check."""

    service: str
    what: str
    verdict: str
    """OK, NO, or SKIP when it does not apply or could not be read."""
    found: str
    remedy: str
    """What to do about a NO; otherwise empty."""


class PlanReport(_Part):
    """What a release would do. Nothing was changed."""

    schema_version: str = "1.0"
    """Within 1 fields may be added; none is removed or changes its meaning."""
    environment: str
    account: str
    region: str
    purpose: str
    services: tuple[PlannedService, ...]
    checks: tuple[PlanCheck, ...]
    unchecked_because: str | None = None
    """Why the command makes no preflight; None where it makes one."""

    @property
    def changes(self) -> bool:
        """Whether something would be done."""
        return any(service.unchanged_because is None for service in self.services)

    @property
    def refused(self) -> bool:
        """Whether a release would be refused."""
        return any(check.verdict == "NO" for check in self.checks)
