"""One release in the ledger, and what `appdeploy releases --json` prints: these models are its documentation.

Another minor version of the schema may add fields. They are preserved when an entry is rewritten, so that tools one
version apart can work on the same entry; fields that an older tool did not write have a default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from appdeploy.model.ecs_state import LONG_AGO
from appdeploy.model.outcome import Outcome

SCHEMA_MAJOR = 1

_REGISTERED = ("release", "first-release")
"""Members of appdeploy.model.plan.Change that always register a revision."""

UNKNOWN = "unknown"
"""The outcome of a release that ECS has no record of any more."""


class LedgerError(ValueError):
    """An entry that cannot be parsed. One line."""


class StepKind(StrEnum):
    """What a release does to AWS."""

    REGISTER = "register"
    """RegisterTaskDefinition for each service that gets a new revision."""
    UPDATE = "update"
    """UpdateService for each service."""
    PRE_DEPLOY = "pre-deploy"
    """RunTask before a service is updated, and waiting for the task to end."""
    STOP = "stop"
    """StopServiceDeployment, which rolls back to the previous version."""
    SCALE_TO_ZERO = "scale-to-zero"
    """UpdateService to 0 tasks after a failed first release."""
    REVERT = "revert"
    """UpdateService to the previous version of a live service, because another service of the release failed."""
    REVERT_LATE_WRITE = "revert-late-write"
    """UpdateService again, after a late write of a release that this one preempted."""
    HOLD = "hold"
    """RegisterScalableTarget: autoscaling is suspended."""
    RELEASE_HOLD = "release-hold"
    """RegisterScalableTarget: autoscaling is resumed."""
    SET_COUNT = "set-count"
    """UpdateService with another count."""
    WRITE_SETTINGS = "write-settings"
    """PutParameter for each changed setting."""
    RESTORE_SETTINGS = "restore-settings"
    """PutParameter with the previous values."""
    RESUME = "resume"
    """Sends nothing: a person resumed the release."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class VersionRef(_Part):
    """What a service ran before, or will run."""

    task_definition: str | None = None
    """ARN; None while it is not registered or not known."""
    version: str | None = None
    digest: str | None = None
    template: str | None = None
    """ARN of the template revision that it descends from."""

    def at(self, task_definition: str | None) -> Self:
        """The same, registered as that revision if it has none."""
        return self if self.task_definition else self.model_copy(update={"task_definition": task_definition})


class SettingChange(_Part):
    """One setting that is changed before its service is restarted. Values are in plain text: settings hold no secrets."""

    key: str
    previous: str
    target: str


class CountChange(_Part):
    """A change of a service's task count."""

    previous: int
    target: int | None = None
    """None when the count is not changed."""
    hold_until: datetime | None = None
    """Until when autoscaling is suspended; None when it is not."""
    releases_hold: bool = False
    """Whether autoscaling is resumed."""


class PreDeployRun(_Part):
    """The one-off task that ran before a service was updated."""

    task: str
    """ARN."""
    exit_code: int | None = None
    """None while it runs, or if its container did not run."""


class ServiceEntry(_Part):
    """What a release does to one service."""

    service: str
    """ARN."""
    change: str
    """A member of appdeploy.model.plan.Change, `count`, or `found` for a deployment that no release made."""
    previous: VersionRef
    target: VersionRef
    image: str | None = None
    """The image to run, as the new revision names it."""
    base: str | None = None
    """ARN of the revision that the new one is based on."""
    deployments_before: tuple[str, ...] = ()
    """Ids of the deployments that ECS listed before the release."""
    listed_at: datetime | None = None
    """When ECS listed them, by its clock: deployments created before that are not the release's. None if not known."""
    count: CountChange | None = None
    """For a change of the count alone, which starts no deployment."""
    settings: tuple[SettingChange, ...] = ()
    """Settings that are changed before new tasks start."""
    update_sent: bool | None = None
    """Whether UpdateService may have been sent: False until its wave starts. None in entries of older tools."""
    deployment_id: str | None = None
    """The release's deployment, as DescribeServices lists it."""
    pre_deploy: PreDeployRun | None = None
    """None if the contract has none, or while it is not known whether it was started."""
    revert_deployment_id: str | None = None
    """The deployment that reverted the live service, because another service of the release failed."""
    live_at: datetime | None = None
    """When the release first saw the new version live: all new tasks healthy where customers are served. None if it did not."""
    superseded_by: str | None = None
    """The id of the release whose deployment replaced this one; None if none did, or it is not known."""
    outcome: str | None = None
    """A member of appdeploy.model.outcome.Outcome, or `unknown`; None while it is not decided."""
    cause: str | None = None
    serving: str | None = None
    """What served when the outcome was reported, in words."""
    log_lines: tuple[str, ...] = ()
    """The last lines that a failed container wrote, oldest first: at most ten, of 300 characters (appdeploy.logs)."""
    seconds: float | None = None
    """From the first write to the outcome."""
    settled: bool = False
    """Whether the outcome is final: ECS will not change it again."""

    @property
    def moment_listed(self) -> datetime:
        """`listed_at`, or a moment before all deployments where it is not known."""
        return self.listed_at or LONG_AGO


class Step(_Part):
    """One change in AWS. Without `finished` it was about to be sent, and may have been."""

    kind: StepKind
    started: datetime
    service: str | None = None
    """None where the step is for several services."""
    services: tuple[str, ...] | None = None
    """Those whose revision or deployment the step brought. None where `service` names the one, or while it is not finished."""
    reason: str | None = None
    finished: datetime | None = None
    interrupted: bool = False
    """Whether the command ended before the step was confirmed."""


class Entry(_Part):
    """One release."""

    schema_version: str = f"{SCHEMA_MAJOR}.0"
    id: str
    kind: str
    """`upgrade`, `sync`, `restart`, `rollback`, `scale`, `config`, or `found` for deployments that no release made."""
    environment: str
    purpose: str
    who: str
    """The ARN of the AWS identity, or user and host where AWS was not asked."""
    run: str | None = None
    """The CI run's address."""
    reason: str | None = None
    change_ticket: str | None = None
    incident: str | None = None
    """Why it bypassed the release window, the promotion rule and active alarms; None when it did not."""
    organisation: str | None = None
    """The customer, if the release is for a single one."""
    atomic: bool = False
    """Whether all services are reverted when one of them fails."""
    fence: int | None = None
    """Fence of the lock holder that carries it out."""
    version: int = 0
    """Number of writes of this entry."""
    started: datetime
    reported: datetime | None = None
    """When the command reported the outcome."""
    services: Mapping[str, ServiceEntry]
    """By short name."""
    steps: tuple[Step, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_major_versions(cls, data: Any) -> Any:
        version = str(data.get("schema_version", "")) if isinstance(data, dict) else ""
        if version and version.split(".")[0] != str(SCHEMA_MAJOR):
            raise ValueError(f"schema version {version} is not {SCHEMA_MAJOR}.x: use the release tool of that version")
        return data

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an entry. Raises LedgerError that names the first wrong field."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise LedgerError(f"{where}: {first['msg']}" if where else first["msg"]) from None

    def dump(self) -> str:
        """Compact JSON, without unset fields."""
        return self.model_dump_json(exclude_none=True)

    @property
    def settled(self) -> bool:
        """Whether every service's outcome is final."""
        return all(service.settled for service in self.services.values())

    @property
    def outcome(self) -> str | None:
        """The worst outcome of the services; None while one is not decided."""
        outcomes = [service.outcome for service in self.services.values()]
        if None in outcomes:
            return None
        severity = [*(outcome.value for outcome in Outcome), UNKNOWN]
        known = [outcome for outcome in outcomes if outcome in severity]
        return min(known, key=severity.index, default=None)

    def settings_pending(self, name: str) -> bool:
        """Whether a service's previous settings still have to be restored: its restart failed after the command ended."""
        service = self.services[name]
        ends = (Outcome.FAILED, Outcome.ROLLED_BACK, Outcome.ROLLED_BACK_BY_ECS)
        failed = service.outcome in {outcome.value for outcome in ends}
        return bool(service.settings) and failed and self.last_finished_step(StepKind.RESTORE_SETTINGS, name) is None

    def with_service(self, name: str, **changes: Any) -> Self:
        """The same entry with one service changed."""
        assert changes.keys() <= ServiceEntry.model_fields.keys(), "a field that an entry does not have"
        changed = self.services[name].model_copy(update=changes)
        return self.model_copy(update={"services": {**self.services, name: changed}})

    def with_updates_sent(self, names: Iterable[str]) -> Self:
        """The same entry before the updates of these services are sent."""
        entry = self
        for name in names:
            entry = entry.with_service(name, update_sent=True)
        return entry

    def with_step_started(self, what: StepKind, service: str | None = None, why: str | None = None) -> Self:
        """The same entry with a step that is about to start."""
        return self.model_copy(update={"steps": (*self.steps, Step(kind=what, started=_now(), service=service, reason=why))})

    def with_step_finished(self, what: StepKind, service: str | None = None, services: tuple[str, ...] | None = None) -> Self:
        """The same entry with that step finished; `services` are those that a step for several of them was for."""
        done = {"finished": _now(), "services": services}
        steps = (step.model_copy(update=done) if _is_open(step, what, service) else step for step in self.steps)
        return self.model_copy(update={"steps": tuple(steps)})

    def with_open_steps_interrupted(self) -> Self:
        """The same entry with every unfinished step marked as interrupted."""
        steps = (step if step.finished else step.model_copy(update={"interrupted": True}) for step in self.steps)
        return self.model_copy(update={"steps": tuple(steps)})

    @property
    def seconds_before_resume(self) -> float:
        """From the start of the release to the last command that resumed it; 0 where none did."""
        resumed = [step.started for step in self.steps if step.kind is StepKind.RESUME]
        return (resumed[-1] - self.started).total_seconds() if resumed else 0.0

    def services_of(self, step: Step) -> tuple[str, ...]:
        """The services of a step, as far as the entry knows them."""
        if step.service is not None:
            return (step.service,)
        if step.services is not None:
            return step.services
        match step.kind:
            case StepKind.REGISTER:
                return tuple(name for name, service in self.services.items() if service.change in _REGISTERED)
            case StepKind.UPDATE:
                return tuple(name for name, service in self.services.items() if service.update_sent)
            case _:
                return ()

    def has_open_step(self, what: StepKind) -> bool:
        """Whether that step of all services was started and not finished."""
        return any(_is_open(step, what, None) for step in self.steps)

    def last_step(self, what: StepKind, service: str) -> Step | None:
        """The last such step of that service, finished or not."""
        return next((step for step in reversed(self.steps) if step.kind == what and step.service == service), None)

    def first_step(self, what: StepKind, service: str) -> Step | None:
        """The first such step of that service, finished or not."""
        return next((step for step in self.steps if step.kind == what and step.service == service), None)

    def last_finished_step(self, what: StepKind, service: str) -> Step | None:
        """The last such step of that service that was finished."""
        done = (step for step in reversed(self.steps) if step.kind == what and step.service == service and step.finished)
        return next(done, None)


def _is_open(step: Step, what: StepKind, service: str | None) -> bool:
    return step.kind == what and step.service == service and step.finished is None and not step.interrupted


def _now() -> datetime:
    return datetime.now(UTC)
