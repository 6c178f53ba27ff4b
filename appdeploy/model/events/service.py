"""Events of one service of a release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Self

from appdeploy.model.events.base import Event
from appdeploy.model.events.fields import NotJson, PlannedService, Result, Seconds, json_field
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import ServicePlan
from appdeploy.model.task_definition import name_of
from appdeploy.model.words import change, duration


class Phase(Enum):
    """Where one service's rollout stands. The values are the names in JSON."""

    text: str
    """The phase for people."""

    STARTING = "starting", "starting new tasks"
    CHECKING = "checking", "waiting for health checks"
    LIVE = "live", "live"
    STOPPING = "stopping", "stopping"
    ROLLING_BACK = "rolling-back", "rolling back"
    SCALING_TO_ZERO = "scaling-to-zero", "scaling back to 0 tasks"

    def __new__(cls, name: str, text: str) -> Self:
        """A phase by its name in JSON."""
        phase = object.__new__(cls)
        phase._value_ = name
        phase.text = text
        return phase

    @property
    def is_forward(self) -> bool:
        """Whether new tasks are still being started, so that their counts mean something."""
        return self in (Phase.STARTING, Phase.CHECKING, Phase.LIVE)


@dataclass(frozen=True)
class Registered(Event):
    """A new revision exists; the service does not use it yet."""

    event = "registered"
    service: str
    task_definition: str
    """ARN."""

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: registered {name_of(self.task_definition)}"


@dataclass(frozen=True)
class PreDeployStarted(Event):
    """The one-off task before a service's rollout was started; the service is not changed yet."""

    event = "pre-deploy-started"
    service: str
    task: str
    """ARN."""
    command: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: before its rollout: {self.command} (task {self.task.rsplit('/', 1)[-1]})"


@dataclass(frozen=True)
class PreDeployLog(Event):
    """The one-off task wrote a line into its log."""

    event = "pre-deploy-log"
    service: str
    line: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}:   | {self.line}"


@dataclass(frozen=True)
class PreDeployEnded(Event):
    """The one-off task has ended."""

    event = "pre-deploy-ended"
    service: str
    exit_code: int | None
    """Null when it did not end by itself."""

    def lines(self) -> Iterator[str]:
        code = "without an exit code" if self.exit_code is None else f"with code {self.exit_code}"
        yield f"{self.service}: the task before its rollout ended {code}"


@dataclass(frozen=True)
class Started(Event):
    """ECS accepted the update; from here on the service changes."""

    event = "started"
    service: str
    deployment_id: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: deployment {self.deployment_id} started"


@dataclass(frozen=True)
class PreviousVersionResolved(Event):
    """What a rollback replaces is known now: it is read after the update, which it must not delay."""

    event = "previous-version-resolved"
    plan: NotJson[ServicePlan]

    @json_field
    def service(self) -> PlannedService:
        """What the rollback does to the service, with the previous version."""
        return PlannedService.of(self.plan)

    def lines(self) -> Iterator[str]:
        yield f"{self.plan.contract.name}: {change(self.plan)}"


@dataclass(frozen=True)
class WatchingForLateWrites(Event):
    """A rollback is live, and is not reported as live before the lease of the release has ended that it took the lock from."""

    event = "watching-for-late-writes"
    service: str
    from_release: str
    """The id of that release."""
    seconds: float
    """How long a write of that release may still arrive."""

    def lines(self) -> Iterator[str]:
        left = duration(self.seconds)
        yield f"{self.service}: live; for {left} more a late write of {self.from_release} may arrive, and is reverted"


@dataclass(frozen=True)
class LateWriteReverted(Event):
    """A write of the release that a rollback took the lock from arrived after the rollback's own, and was reverted."""

    event = "late-write-reverted"
    service: str
    from_release: str
    """The id of that release."""
    late_task_definition: str
    """ARN of the task definition that the late write set."""
    task_definition: str
    """ARN of the one that was set again."""
    deployment_id: str
    """The rollback's deployment from now on."""

    def lines(self) -> Iterator[str]:
        late, ours = name_of(self.late_task_definition), name_of(self.task_definition)
        yield f"{self.service}: REVERTED a late write of {self.from_release}, which set {late};" + (
            f" {ours} again, deployment {self.deployment_id}"
        )


@dataclass(frozen=True)
class Progress(Event):
    """How far a rollout is. Sent when something changed."""

    event = "progress"
    service: str
    phase: Phase
    running: int
    """New tasks that run."""
    desired: int
    healthy: int | None
    """New tasks that are healthy where customers are served; null while that was not looked at."""
    trouble: str
    """How most of the failed new tasks failed, in short; empty when none did."""

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: {self.phase.text}{self._counts() if self.phase.is_forward else ''}" + (
            f"; {self.trouble}" if self.trouble else ""
        )

    def _counts(self) -> str:
        healthy = "" if self.healthy is None else f", {self.healthy} healthy"
        return f": {self.running} of {self.desired} new tasks run{healthy}"


@dataclass(frozen=True)
class StillInProgress(Event):
    """Nothing about a rollout has changed for a minute: the command is still watching it. Sent every minute until it does."""

    event = "still-in-progress"
    service: str
    phase: Phase
    seconds: Seconds
    """Since the release's first write."""

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: still {self.phase.text} after {duration(self.seconds)}"


@dataclass(frozen=True)
class NotWatched(Event):
    """A service's rollout cannot be watched: a read fails again and again. Sent after ten seconds, then every minute."""

    event = "not-watched"
    service: str
    reason: str
    seconds: Seconds
    """For how long."""

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: not watched for {duration(self.seconds)}: {self.reason}; it goes on in ECS, trying again"


@dataclass(frozen=True)
class WatchedAgain(Event):
    """The rollout of a service that was not watched is watched again."""

    event = "watched-again"
    service: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: watched again"


@dataclass(frozen=True)
class Stopping(Event):
    """ECS is asked to roll the release back."""

    event = "stopping"
    service: str
    cause: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: stopping the release: {self.cause}"


@dataclass(frozen=True)
class Reverting(Event):
    """A service that was live already returns to its previous task definition, because another service failed."""

    event = "reverting"
    service: str
    cause: str
    task_definition: str
    """ARN of the previous one."""
    deployment_id: str

    def lines(self) -> Iterator[str]:
        previous = name_of(self.task_definition)
        yield f"{self.service}: REVERTING to {previous}, deployment {self.deployment_id}: {self.cause}"


@dataclass(frozen=True)
class Finished(Event):
    """One service's outcome is decided."""

    event = "finished"
    result: Result

    def lines(self) -> Iterator[str]:
        ending = f"{self.result.service}: {self.result.outcome.value}"
        if self.result.outcome is Outcome.UNCHANGED:
            yield f"{ending}: {self.result.serving}"
        else:
            took = f" after {duration(self.result.seconds)}" if self.result.seconds else ""
            yield f"{ending}{took}; serving now: {self.result.serving}"


@dataclass(frozen=True)
class ImageRetentionFailed(Event):
    """A live image could not be tagged: the repository's lifecycle policy may remove it once it is old."""

    event = "image-retention-failed"
    service: str
    reason: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: its image could not be tagged to be kept for a rollback: {self.reason}"


@dataclass(frozen=True)
class CapacityBoundsSet(Event):
    """Autoscaling keeps to these bounds from now on."""

    event = "capacity-bounds-set"
    service: str
    minimum: int
    maximum: int

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: autoscaling keeps {self.minimum} to {self.maximum} tasks"


@dataclass(frozen=True)
class CapacityBoundsFailed(Event):
    """The bounds that autoscaling is to keep could not be set."""

    event = "capacity-bounds-failed"
    service: str
    reason: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: autoscaling's bounds could not be set, `sync` tries again: {self.reason}"


@dataclass(frozen=True)
class Note(Event):
    """Something to know about a service that is not a failure."""

    event = "note"
    service: str
    text: str

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: {self.text}"


@dataclass(frozen=True)
class CountStep(Event):
    """AWS accepted a step of a change of a count: from the first one on something is changed."""

    event = "count-step"
    service: str
    step: Literal[StepKind.HOLD, StepKind.RELEASE_HOLD, StepKind.SET_COUNT]
    """`hold`: autoscaling is suspended. `release-hold`: it decides again. `set-count`: the desired count is set."""

    def lines(self) -> Iterator[str]:
        match self.step:
            case StepKind.HOLD:
                yield f"{self.service}: autoscaling is suspended"
            case StepKind.RELEASE_HOLD:
                yield f"{self.service}: autoscaling decides again"
            case StepKind.SET_COUNT:
                yield f"{self.service}: the desired count is set"


@dataclass(frozen=True)
class TaskCount(Event):
    """How many tasks of a service run. Sent when it changed while its count is being changed."""

    event = "task-count"
    service: str
    running: int
    desired: int

    def lines(self) -> Iterator[str]:
        yield f"{self.service}: {self.running} of {self.desired} tasks run"
