"""What happens during a release, as values. Every output (terminal, plain lines) is made from this one stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan


class Phase(Enum):
    """Where one service's rollout stands."""

    STARTING = "starting new tasks"
    CHECKING = "waiting for health checks"
    LIVE = "live"
    STOPPING = "stopping"
    ROLLING_BACK = "rolling back"
    SCALING_TO_ZERO = "going back to 0 tasks"

    @property
    def is_forward(self) -> bool:
        """Whether new tasks still come, so that their counts mean something."""
        return self in (Phase.STARTING, Phase.CHECKING, Phase.LIVE)


@dataclass(frozen=True)
class Planned:
    """The plan is made; nothing has been changed yet."""

    plan: ReleasePlan


@dataclass(frozen=True)
class WaitingForLock:
    """The environment's lock is not ours yet; we wait for it. Nothing has been changed."""

    holder: str
    """Who holds it or froze the environment."""


@dataclass(frozen=True)
class LockTakenOver:
    """A rollback took the environment's lock; a release that held it sends nothing more."""

    previous: str
    """How the lock was before."""


@dataclass(frozen=True)
class ContinuedWithoutLock:
    """A rollback goes on without the environment's lock."""

    reason: str


@dataclass(frozen=True)
class NotRecorded:
    """A rollback ends without an entry in the ledger, because the table never answered."""


@dataclass(frozen=True)
class Registered:
    """A new revision exists; the service does not use it yet."""

    service: str
    task_definition: str


@dataclass(frozen=True)
class PreDeployStarted:
    """The one-off task before a service's rollout was started; the service is not changed yet."""

    service: str
    task: str
    """ARN."""
    command: str


@dataclass(frozen=True)
class PreDeployLog:
    """That task wrote a line into its log."""

    service: str
    line: str


@dataclass(frozen=True)
class PreDeployEnded:
    """That task has come to its end."""

    service: str
    exit_code: int | None
    """None when it did not end by itself."""


@dataclass(frozen=True)
class Started:
    """ECS took the update; from here on the service changes."""

    service: str
    deployment_id: str


@dataclass(frozen=True)
class PreviousVersionResolved:
    """What a rollback replaces is known in words now: it was read after the update, which it must not hold up."""

    plan: ServicePlan


@dataclass(frozen=True)
class WatchingForLateWrites:
    """A rollback is live, and is not called so before the lease is over of the release that it took the lock from."""

    service: str
    release: str
    seconds: float
    """How long a write of that release may still land."""


@dataclass(frozen=True)
class LateWriteReverted:
    """A write of the release that a rollback took the lock from landed after its own, and was undone."""

    service: str
    release: str
    late: str
    """The task definition that it brought."""
    task_definition: str
    """The one that was put back."""
    deployment_id: str
    """The rollback's deployment from now on."""


@dataclass(frozen=True)
class Progress:
    """How far a rollout is. Sent when something changed."""

    service: str
    phase: Phase
    running: int
    """New tasks that run."""
    desired: int
    healthy: int | None
    """New tasks that are healthy where customers are served; None while that was not looked at."""
    trouble: str
    """How most of the failed new tasks failed, in short; empty when none did."""


@dataclass(frozen=True)
class Stopping:
    """We ask ECS to roll the release back."""

    service: str
    cause: str


@dataclass(frozen=True)
class Reverting:
    """A service that was live already goes back to its former task definition, because another one failed."""

    service: str
    cause: str
    task_definition: str
    deployment_id: str


@dataclass(frozen=True)
class AwsUnreachable:
    """AWS does not answer; the release goes on there, and we keep trying."""

    reason: str
    limit_seconds: float


@dataclass(frozen=True)
class AwsReachable:
    """AWS answers again."""


@dataclass(frozen=True)
class Finished:
    """One service's outcome is decided."""

    result: ServiceResult


@dataclass(frozen=True)
class ImageRetentionFailed:
    """A live image could not be tagged: the repository's lifecycle policy may remove it once it is old."""

    service: str
    reason: str


@dataclass(frozen=True)
class MinCapacitySet:
    """Autoscaling keeps to the contract's bounds from now on."""

    service: str
    minimum: int
    maximum: int


@dataclass(frozen=True)
class MinCapacityFailed:
    """The minimum that autoscaling is to keep could not be set."""

    service: str
    reason: str


@dataclass(frozen=True)
class NotificationFailed:
    """A notice about the release could not be sent: people who rely on notices do not know of it."""

    reason: str


@dataclass(frozen=True)
class Note:
    """Something to know about a service, which is no trouble."""

    service: str
    text: str


@dataclass(frozen=True)
class TaskCount:
    """How many tasks of a service run. Sent when it changed while its count is being changed."""

    service: str
    running: int
    desired: int


@dataclass(frozen=True)
class Ended:
    """All services' outcomes are decided."""

    plan: ReleasePlan
    results: tuple[ServiceResult, ...]
    seconds: float


Event = (
    Planned
    | WaitingForLock
    | LockTakenOver
    | ContinuedWithoutLock
    | NotRecorded
    | Registered
    | PreDeployStarted
    | PreDeployLog
    | PreDeployEnded
    | Started
    | PreviousVersionResolved
    | WatchingForLateWrites
    | LateWriteReverted
    | Progress
    | Stopping
    | Reverting
    | AwsUnreachable
    | AwsReachable
    | Finished
    | ImageRetentionFailed
    | MinCapacitySet
    | MinCapacityFailed
    | NotificationFailed
    | Note
    | TaskCount
    | Ended
)
Emit = Callable[[Event], None]
