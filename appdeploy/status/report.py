"""What `appdeploy status --json` prints: these classes are its documentation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from appdeploy.model.ecs_state import DeploymentStatus
from appdeploy.model.outcome import Outcome


@dataclass(frozen=True)
class TemplateDrift:
    """infra has changed the template since the running revision was made from it."""

    running: str | None
    """The template revision that the running one descends from, `family:revision`; None if not known."""
    target: str
    """The template revision that the contract names."""


@dataclass(frozen=True)
class Underway:
    """A deployment in progress."""

    deployment_id: str
    kind: Literal["rolling out", "rolling back"]
    version: str | None
    """Its version; None for the template, which has no image."""
    running: int
    desired: int


@dataclass(frozen=True)
class FailedDeployment:
    """How the newest deployment failed."""

    status: str
    """ECS's status of the service deployment, such as ROLLBACK_SUCCESSFUL."""
    reason: str
    """ECS's words for it."""
    at: datetime
    """When it began."""
    version: str | None = None
    """The version that failed; None where its revision could not be read."""
    release: str | None = None
    """The id of the release that began it; None where no release of this tool did."""
    cause: str | None = None
    """Why, as the ledger has it, or as its stopped tasks tell while ECS still knows them."""
    outcome: str | None = None
    """How that release ended for the service, as the ledger has it: `rolled-back` if this tool stopped it."""
    task_definition: str | None = None
    """`family:revision` that failed; None where it could not be read."""

    @property
    def stopped_by_appdeploy(self) -> bool:
        """Whether this tool asked ECS to stop it, which ECS calls a user's request."""
        return self.outcome == Outcome.ROLLED_BACK.value


@dataclass(frozen=True)
class StoppedTasks:
    """Tasks of one kind of failure that stopped within the last 15 minutes."""

    count: int
    what: str
    """What happened, in words: `2 tasks exited with code 1`."""
    detail: str
    """AWS's own words of the newest; may be empty."""
    newest: datetime
    """When the newest of them stopped."""
    current: bool
    """Whether a deployment that ECS still lists started them: what serves, or what comes, keeps failing."""
    task_definition: str | None = None
    """`family:revision` of the newest of them."""


@dataclass(frozen=True)
class EcsEvent:
    """The newest event of ECS within the last 15 minutes that is no good news."""

    message: str
    at: datetime


@dataclass(frozen=True)
class ActiveAlarm:
    """An alarm of the environment that is in ALARM."""

    name: str
    since: datetime
    reason: str
    """CloudWatch's words."""


@dataclass(frozen=True)
class HoldStatus:
    """Autoscaling is suspended for the service, or a hold is recorded."""

    suspended: bool
    """Whether autoscaling is suspended in both directions."""
    until: datetime | None = None
    """Until when it is held; None without a recorded hold."""
    expired: bool = False
    """Whether the hold has expired: only a command ends it."""
    who: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class ServiceStatus:
    """One service."""

    name: str
    released: bool
    """False until the first release: the service uses its template, which has no image."""
    version: str | None
    """What serves: the version requested by its release, else its image. None before the first release."""
    digest: str | None
    task_definition: str
    """`family:revision` of what serves."""
    running: int
    desired: int
    healthy: int | None
    """Healthy targets of the serving target group; None without a load balancer, or when `routing_problem` is set."""
    routing_problem: str | None = None
    """Why it is not known which target group serves."""
    underway: Underway | None = None
    last_failure: FailedDeployment | None = None
    template_drift: TemplateDrift | None = None
    hold: HoldStatus | None = None
    release: str | None = None
    """The id of the release that made the task definition which serves; None before the first release."""
    stopped_tasks: tuple[StoppedTasks, ...] = ()
    """Failed tasks, those of what serves or comes first."""
    event: EcsEvent | None = None
    problems: tuple[str, ...] = ()
    """What of this could not be read, and why: those fields are empty or null."""

    @property
    def failing(self) -> bool:
        """Whether something is wrong with what serves: tasks are missing, not healthy, or stop again and again."""
        if not self.released:
            return False
        few = self.running < self.desired or (self.healthy is not None and self.healthy < self.desired)
        return few or any(stopped.current for stopped in self.stopped_tasks)

    @property
    def recovered(self) -> bool:
        """Whether it works, and whatever failed is over."""
        failed = self.last_failure
        back = failed is None or failed.status != DeploymentStatus.ROLLBACK_FAILED.value
        return self.released and back and not (self.underway or self.failing or self.problems or self.routing_problem)


@dataclass(frozen=True)
class OpenRelease:
    """A release that is not settled."""

    id: str
    state: str
    """Its state, in a few words: `running`, `interrupted`, `live, not settled`."""
    resume: bool
    """Whether `appdeploy resume` is needed: no outcome was reported, and no command is running it."""
    running: bool = False
    """Whether a command is running it now, or died within the last 30 s."""
    services: tuple[str, ...] = ()
    """The services that it changes."""


@dataclass(frozen=True)
class StatusReport:
    """An environment's application tier at one moment."""

    environment: str
    account: str
    region: str
    url: str
    services: tuple[ServiceStatus, ...]
    lock: str | None = None
    """The lock holder or the freeze: who, since when and why, for how long its process has been silent, and what to type; None
    if free or not known."""
    open_releases: tuple[OpenRelease, ...] = ()
    unreadable_releases: tuple[str, ...] = ()
    """Entries of the ledger that cannot be read: the release's id, and why."""
    malformed: tuple[str, ...] = ()
    """Services whose part of the contract cannot be read, and why: they are not among `services`."""
    ledger_problem: str | None = None
    """Why lock and ledger could not be read."""
    scaling_problem: str | None = None
    """Why the holds could not be read."""
    alarms: tuple[ActiveAlarm, ...] = ()
    """The environment's alarms that are in ALARM, oldest first."""
    alarms_problem: str | None = None
    """Why the alarms could not be read."""
    schema_version: str = "1.0"
    """Within 1 fields may be added; none is removed or changes its meaning."""

    @property
    def drifted(self) -> bool:
        """Whether a released service uses another template than the contract's."""
        return any(service.template_drift for service in self.services)

    @property
    def busy(self) -> bool:
        """Whether a deployment of these services is in progress, or a command is changing one of them."""
        names = {service.name for service in self.services}
        running = any(release.running and names.intersection(release.services) for release in self.open_releases)
        return running or any(service.underway for service in self.services)

    @property
    def healthy(self) -> bool:
        """Whether all services could be read, none is failing, and no alarm is active."""
        read = (
            not self.alarms_problem
            and not self.malformed
            and not any(service.problems or service.routing_problem for service in self.services)
        )
        return read and not self.alarms and not any(service.failing for service in self.services)

    def to_json(self, indent: int | None = None) -> str:
        """As one JSON object. Its schema is made here, because plain text needs none and starts faster without."""
        from pydantic import TypeAdapter

        return TypeAdapter(StatusReport).dump_json(self, indent=indent).decode()
