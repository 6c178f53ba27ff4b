"""What a release will do, as values: made by appdeploy.plan and appdeploy.rollback, carried out by appdeploy.release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot
from appdeploy.model.errors import Refused
from appdeploy.model.image import Digest, ImageReference
from appdeploy.model.ledger_entry import Entry, SettingChange
from appdeploy.model.outcome import Outcome
from appdeploy.model.release_id import ReleaseId
from appdeploy.model.task_definition import TEMPLATE_TAG, VERSION_TAG, TaskDefinition


class Change(Enum):
    """What a release does to one service."""

    RELEASE = auto()
    """A new revision."""
    FIRST_RELEASE = auto()
    """The template with an image, and the initial number of tasks."""
    RESTART = auto()
    """The task definition that it runs, in new tasks."""
    ROLLBACK = auto()
    """A task definition that it ran before."""

    @property
    def registers(self) -> bool:
        """Whether a revision is registered for it."""
        return self in (Change.RELEASE, Change.FIRST_RELEASE)


@dataclass(frozen=True)
class PreviousState:
    """What a service stands on before a release, and goes back to if the release fails."""

    task_definition: str
    snapshot: DeploymentSnapshot
    """What ECS listed: a deployment that is not of it is new."""
    version: str | None = None
    """The version that serves, as far as it is known; None before the first release."""
    digest: Digest | None = None
    template: str | None = None
    """ARN of the template revision that it descends from, as far as it is known."""
    read: bool = True
    """Whether its revision was read. A rollback reads it after its update: only words hang on it."""


@dataclass(frozen=True)
class StartedTask:
    """How far the task before a rollout had come."""

    started: datetime
    """When it was first asked for."""
    task: str | None
    """ARN; None while it is not known whether it was started."""
    exit_code: int | None
    """None while it had not ended."""


@dataclass(frozen=True)
class Resumed:
    """How far an interrupted release of one service had come."""

    task_definition: str | None
    """The revision that it had registered, or that it returns to; None when there is none yet."""
    deployment_id: str | None
    """The deployment that it had started."""
    stopped_because: str | None = None
    """Why it had asked ECS for the way back already."""
    at_zero: bool = False
    """Whether it had set the count back to 0."""
    pre_deploy: StartedTask | None = None
    """The task before its rollout; None when that was not asked for yet."""
    revert_because: str | None = None
    """Why it had begun to return to the previous version, though ours was live."""
    revert_deployment: str | None = None
    """The deployment of that return, as far as it was found."""


@dataclass(frozen=True)
class ServicePlan:
    """What a release will do to one service."""

    contract: ServiceContract
    change: Change
    base: TaskDefinition
    """The revision that the new one is made from; for a restart or a return the one that will run."""
    image: ImageReference
    """The image that will run, pinned by digest unless a revision that was not made by a release is run again; of a
    return to a revision that is not read yet, the repository alone."""
    version: str
    """What people call what will run."""
    template: str | None
    """ARN of the template revision that it will descend from, as far as it is known."""
    previous: PreviousState
    settings: tuple[SettingChange, ...] = ()
    """What is written before new tasks start, and put back if they fail."""
    resumed: Resumed | None = None
    """What an earlier command has done of it; None when nothing has begun."""

    @property
    def first(self) -> bool:
        """Whether there is no previous version to go back to."""
        return self.change is Change.FIRST_RELEASE

    @property
    def deployment_id(self) -> str | None:
        """The deployment that an earlier command started; None when there is none yet."""
        return self.resumed.deployment_id if self.resumed else None

    @property
    def desired_count(self) -> int | None:
        """How many tasks to ask for, or None to leave the service's count alone."""
        return self.contract.desired_count if self.first else None


@dataclass(frozen=True)
class NoChange:
    """A service that stands as wanted already."""

    contract: ServiceContract
    previous: PreviousState
    reason: str
    """Why nothing is to be done, in words."""
    outcome: Outcome = Outcome.UNCHANGED
    """What an earlier command told of it."""


@dataclass(frozen=True)
class ReleasePlan:
    """What a release will do."""

    release_id: ReleaseId
    environment: str
    cluster: str
    """ARN, or name when that is all that is known."""
    purpose: str
    """What it is for, in words that follow its id."""
    services: tuple[ServicePlan | NoChange, ...]
    reason: str | None = None
    """Why a person wants it, in that person's words."""
    change_ticket: str | None = None
    """The change request that it belongs to."""
    incident: str | None = None
    """Why it passes a closed window, the promotion rule and ringing alarms, in a person's words; None when it does not."""
    caller: str | None = None
    """Who asks: the ARN of the AWS identity."""
    releases_table: str | None = None
    """The environment's table of releases; None when the contract was not asked, and the name's pattern has to do."""
    event_bus: str | None = None
    """The EventBridge bus that is told of it; None when nobody is to be told."""
    fence: int | None = None
    """Which holder of the environment's lock carries it out; None before the lock is taken."""
    atomic: bool = False
    """Whether all services go back when one of them fails."""
    brings_template: bool = False
    """Whether it brings what infra has changed since: newest templates and autoscaling bounds."""
    entry: Entry | None = None
    """What the ledger says about it; None for a release that has not begun."""

    @property
    def changed(self) -> tuple[ServicePlan, ...]:
        """The services that will be changed."""
        return tuple(service for service in self.services if isinstance(service, ServicePlan))

    @property
    def waves(self) -> tuple[tuple[ServicePlan, ...], ...]:
        """The services that will be changed, those of one group side by side: a group begins when those before it are live."""
        begun = min((service.contract.order for service in self.changed if service.deployment_id), default=0)
        places = {service.contract.name: _wave_of(service, begun) for service in self.changed}
        return tuple(
            tuple(service for service in self.changed if places[service.contract.name] == place)
            for place in sorted(set(places.values()))
        )

    @property
    def is_open(self) -> bool:
        """Whether the ledger waits for an outcome: it is written although no service is left to be changed."""
        return self.entry is not None and not self.entry.settled

    @property
    def no_changes(self) -> tuple[NoChange, ...]:
        """The services that need no change."""
        return tuple(service for service in self.services if isinstance(service, NoChange))


class Blocked(Refused):
    """There is a plan, and something is in its way that may pass: another release at work, for one."""

    def __init__(self, plan: ReleasePlan, *lines: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(*lines, details=details)
        self.plan = plan


def _wave_of(service: ServicePlan, begun: int) -> int:
    """Which group it is of. What goes back goes at once, and what has begun already is watched from the start."""
    if service.change is Change.ROLLBACK:
        return 0
    return begun if service.deployment_id else service.contract.order


def version_of(definition: TaskDefinition, container: str) -> str:
    """How people name what a revision runs: the version that its release was asked for, else its image."""
    return definition.tags.get(VERSION_TAG) or str(definition.image_of(container))


def previous_of(definition: TaskDefinition, container: str, known: DeploymentSnapshot) -> PreviousState:
    """A released service's state before a release, from the revision that it runs."""
    return PreviousState(
        task_definition=definition.arn,
        snapshot=known,
        version=version_of(definition, container),
        digest=definition.image_of(container).digest,
        template=definition.tags.get(TEMPLATE_TAG),
    )
