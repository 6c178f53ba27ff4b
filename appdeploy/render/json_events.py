"""The lines of `--json`: these models are their documentation, and docs/events.schema.json is made from them.

Times are UTC, durations seconds. No line has a secret's value: of settings none is told at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from appdeploy.model.outcome import ExitCode, Outcome

SCHEMA_VERSION: Literal["1.0"] = "1.0"

PhaseName = Literal["starting", "checking", "live", "stopping", "rolling-back", "scaling-to-zero"]
ChangeName = Literal["release", "first-release", "restart", "rollback", "none"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Version(_Part):
    """What a service runs, or is to run, as far as it is known."""

    version: str | None
    """What people call it; null before the first release."""
    digest: str | None
    task_definition: str | None
    """ARN; null while it is not registered."""
    template: str | None
    """ARN of the template revision that it descends from."""


class PlannedService(_Part):
    """What a release does to one service."""

    service: str
    change: ChangeName
    """`none`: it stands as wanted already."""
    before: Version
    after: Version


class Result(_Part):
    """What became of one service."""

    service: str
    outcome: Outcome
    serving: str
    """What serves customers now, in words."""
    cause: str | None
    """Why it did not go as wanted."""
    log_lines: tuple[str, ...]
    """The last lines that a failed container wrote, oldest first."""
    seconds: float
    """From the first write to the decision."""
    final: bool
    """False while ECS may still change it: `live` until ECS has finished, `timed-out`."""


class _Line(_Part):
    schema_version: Literal["1.0"] = SCHEMA_VERSION
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    """When it was told."""
    release: str | None = None
    """The release's id; null before there is a plan."""


class Planned(_Line):
    """The plan is made; nothing has been changed yet. Told again when the command has waited in line."""

    event: Literal["planned"] = "planned"
    environment: str
    kind: str
    """`upgrade`, `sync`, `restart`, `rollback`."""
    purpose: str
    who: str | None
    """The ARN of the AWS identity, as far as AWS was asked."""
    reason: str | None
    change_ticket: str | None
    incident: str | None
    """Why it passes a closed window, the promotion rule and ringing alarms; null when it does not."""
    services: tuple[PlannedService, ...]


class Queued(_Line):
    """It waits for the environment's lock."""

    event: Literal["waiting-for-lock"] = "waiting-for-lock"
    behind: str
    """Who holds it or froze the environment, in words."""


class TookOver(_Line):
    """A rollback took the lock from whoever had it."""

    event: Literal["lock-taken-over"] = "lock-taken-over"
    former: str


class Unlocked(_Line):
    """A rollback goes on without the lock."""

    event: Literal["continued-without-lock"] = "continued-without-lock"
    reason: str


class Unrecorded(_Line):
    """A rollback ends without an entry in the ledger."""

    event: Literal["not-recorded"] = "not-recorded"


class Registered(_Line):
    """A new revision exists; the service does not use it yet."""

    event: Literal["registered"] = "registered"
    service: str
    task_definition: str


class BeforeStarted(_Line):
    """The one-off task before a service's rollout was started; the service is not changed yet."""

    event: Literal["pre-deploy-started"] = "pre-deploy-started"
    service: str
    task: str
    """ARN."""
    command: str


class BeforeSaid(_Line):
    """That task wrote a line into its log."""

    event: Literal["pre-deploy-log"] = "pre-deploy-log"
    service: str
    line: str


class BeforeEnded(_Line):
    """That task has come to its end."""

    event: Literal["pre-deploy-ended"] = "pre-deploy-ended"
    service: str
    exit_status: int | None
    """Null when it did not end by itself."""


class Started(_Line):
    """ECS took the update; from here on the service changes."""

    event: Literal["started"] = "started"
    service: str
    deployment_id: str


class Recalled(_Line):
    """What a rollback replaces was read after its update."""

    event: Literal["previous-version-resolved"] = "previous-version-resolved"
    service: PlannedService


class Guarding(_Line):
    """A rollback is live, and waits for late writes of the release that it took the lock from."""

    event: Literal["watching-for-late-writes"] = "watching-for-late-writes"
    service: str
    from_release: str
    seconds: float


class PutBack(_Line):
    """A late write of another release was undone."""

    event: Literal["late-write-reverted"] = "late-write-reverted"
    service: str
    from_release: str
    late: str
    """ARN of the task definition that it brought."""
    task_definition: str
    """ARN of the one that was put back."""
    deployment_id: str


class Progress(_Line):
    """How far a rollout is; told when something changed."""

    event: Literal["progress"] = "progress"
    service: str
    phase: PhaseName
    running: int
    """New tasks that run."""
    desired: int
    healthy: int | None
    """New tasks that are healthy where customers are served; null while that was not looked at."""
    trouble: str
    """How most of the failed new tasks failed; empty when none did."""


class Stopping(_Line):
    """ECS is asked to roll the release back."""

    event: Literal["stopping"] = "stopping"
    service: str
    cause: str


class Returning(_Line):
    """A service that was live already goes back, because another one of the release failed."""

    event: Literal["reverting"] = "reverting"
    service: str
    cause: str
    task_definition: str
    """ARN of its former one."""
    deployment_id: str


class Silence(_Line):
    """AWS does not answer; the release goes on there."""

    event: Literal["aws-unreachable"] = "aws-unreachable"
    reason: str
    limit_seconds: float


class Answered(_Line):
    """AWS answers again."""

    event: Literal["aws-reachable"] = "aws-reachable"


class Finished(_Line):
    """One service's outcome is decided."""

    event: Literal["finished"] = "finished"
    result: Result


class Unkept(_Line):
    """A live image could not be tagged to be kept."""

    event: Literal["image-retention-failed"] = "image-retention-failed"
    service: str
    reason: str


class Bounded(_Line):
    """Autoscaling keeps to these bounds from now on."""

    event: Literal["min-capacity-set"] = "min-capacity-set"
    service: str
    minimum: int
    maximum: int


class Unbounded(_Line):
    """The minimum that autoscaling is to keep could not be set."""

    event: Literal["min-capacity-failed"] = "min-capacity-failed"
    service: str
    reason: str


class Untold(_Line):
    """A notice about the release could not be sent."""

    event: Literal["notification-failed"] = "notification-failed"
    reason: str


class Remarked(_Line):
    """Something to know about a service, which is no trouble."""

    event: Literal["note"] = "note"
    service: str
    what: str


class Counted(_Line):
    """How many tasks of a service run, while its count is being changed."""

    event: Literal["task-count"] = "task-count"
    service: str
    running: int
    desired: int


class Ended(_Line):
    """All services' outcomes are decided: the last line of a release that was told to its end."""

    event: Literal["ended"] = "ended"
    environment: str
    outcome: Outcome
    """The worst of the services'."""
    exit_code: ExitCode
    seconds: float
    results: tuple[Result, ...]


class Error(_Line):
    """The command ends without an outcome: the last line then. Refused, locked, interrupted, out of reach, unexpected."""

    event: Literal["error"] = "error"
    exit_code: ExitCode
    lines: tuple[str, ...]
    """What standard error says too."""
    details: tuple[str, ...]
    """What the lines were found in, such as the table of a preflight."""


Line = Annotated[
    Planned
    | Queued
    | TookOver
    | Unlocked
    | Unrecorded
    | Registered
    | BeforeStarted
    | BeforeSaid
    | BeforeEnded
    | Started
    | Recalled
    | Guarding
    | PutBack
    | Progress
    | Stopping
    | Returning
    | Silence
    | Answered
    | Finished
    | Unkept
    | Bounded
    | Unbounded
    | Untold
    | Remarked
    | Counted
    | Ended
    | Error,
    Field(discriminator="event"),
]
LINE: TypeAdapter[Line] = TypeAdapter(Line)
"""Reads a line: `LINE.validate_json(text)`."""
