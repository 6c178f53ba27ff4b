"""What a release will do, as values: made by appdeploy.plan and appdeploy.rollback, carried out by appdeploy.release."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot
from appdeploy.model.errors import Refused
from appdeploy.model.image import Digest, ImageReference
from appdeploy.model.ledger_entry import CountChange, Entry, SettingChange, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.model.release_id import ReleaseId
from appdeploy.model.task_definition import TEMPLATE_TAG, VERSION_TAG, TaskDefinition


class Change(Enum):
    """What a release does to one service. The values are the names in the ledger and in JSON."""

    RELEASE = "release"
    """A new revision."""
    FIRST_RELEASE = "first-release"
    """The template with an image, and the initial number of tasks."""
    RESTART = "restart"
    """The task definition that it runs, in new tasks."""
    ROLLBACK = "rollback"
    """A task definition that it ran before."""

    @property
    def registers(self) -> bool:
        """Whether it always registers a revision."""
        return self in (Change.RELEASE, Change.FIRST_RELEASE)


@dataclass(frozen=True)
class PreviousState:
    """What a service runs before a release, and is rolled back to if the release fails."""

    task_definition: str
    snapshot: DeploymentSnapshot
    """What ECS listed: a deployment that is not in it is newer."""
    version: str | None = None
    """The version that serves, if known; None before the first release."""
    digest: Digest | None = None
    template: str | None = None
    """ARN of the template revision that it descends from, if known."""
    read: bool = True
    """Whether its revision was read. A rollback reads it after its update, because only texts depend on it."""

    @property
    def ref(self) -> VersionRef:
        """The version for the ledger and for JSON."""
        return VersionRef(
            task_definition=self.task_definition, version=self.version, digest=self.digest, template=self.template
        )


@dataclass(frozen=True)
class StartedTask:
    """Progress of a service's pre-deploy task."""

    started: datetime
    """When it was first requested."""
    task: str | None
    """ARN; None while it is not known whether it was started."""
    exit_code: int | None
    """None if it had not ended."""


@dataclass(frozen=True)
class Resumed:
    """Progress of an interrupted release of one service."""

    task_definition: str | None
    """The revision that it registered, or rolls back to; None if there is none yet."""
    deployment_id: str | None
    """The deployment that it started."""
    stopped_because: str | None = None
    """Why it had asked ECS to roll back already."""
    at_zero: bool = False
    """Whether it had set the count to 0."""
    pre_deploy: StartedTask | None = None
    """Its pre-deploy task; None if not requested yet."""
    revert_because: str | None = None
    """Why it had begun to return to the previous version, although the new one was live."""
    revert_deployment: str | None = None
    """The deployment of that revert, if found."""


@dataclass(frozen=True)
class ServicePlan:
    """What a release will do to one service."""

    contract: ServiceContract
    change: Change
    base: TaskDefinition
    """The revision that the new one is based on; for a restart or a rollback the one that will run."""
    image: ImageReference
    """The image that will run, pinned by digest unless the revision was not registered by a release; only the
    repository for a rollback to a revision that is not read yet."""
    version: str
    """Display name of the version that will run."""
    template: str | None
    """ARN of the template revision that it will descend from, if known."""
    previous: PreviousState
    settings: tuple[SettingChange, ...] = ()
    """What is written before new tasks start, and restored if they fail."""
    resumed: Resumed | None = None
    """What an earlier command did; None if nothing was started."""
    remarks: tuple[str, ...] = ()
    """What to know about it that is in nothing's way, as text for people."""

    @property
    def registers(self) -> bool:
        """Whether it registers a revision: also a rollback whose target was deregistered, which no service can use again
        (docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html)."""
        return self.change.registers or self.registers_again

    @property
    def registers_again(self) -> bool:
        """Whether the revision that it registers has the content of a deregistered one."""
        used = self.resumed is not None and self.resumed.task_definition == self.base.arn
        return self.change is Change.ROLLBACK and self.base.is_read and not self.base.active and not used

    @property
    def target(self) -> VersionRef:
        """The version that is to run; its task definition is None while it is not registered."""
        arn = None if self.registers else self.base.arn
        return VersionRef(task_definition=arn, version=self.version, digest=self.image.digest, template=self.template)

    @property
    def first(self) -> bool:
        """Whether there is no previous version to go back to."""
        return self.change is Change.FIRST_RELEASE

    @property
    def deployment_id(self) -> str | None:
        """The deployment that an earlier command started; None if there is none."""
        return self.resumed.deployment_id if self.resumed else None

    def listed_before(self, older: frozenset[str]) -> ServicePlan:
        """The same, of a service for which ECS had these deployments too when it began ours. Ids."""
        snapshot = self.previous.snapshot
        known = replace(snapshot, deployments=snapshot.deployments | older)
        return replace(self, previous=replace(self.previous, snapshot=known))

    @property
    def desired_count(self) -> int | None:
        """The desired count to set; None to leave the service's count unchanged."""
        return self.contract.desired_count if self.first else None


@dataclass(frozen=True)
class NoChange:
    """A service that is not changed."""

    contract: ServiceContract
    previous: PreviousState
    reason: str
    """Why nothing is to be done, as text for people."""
    outcome: Outcome = Outcome.UNCHANGED
    """What an earlier command reported for it."""

    @property
    def target(self) -> VersionRef:
        """The version that runs, and stays."""
        return self.previous.ref


@dataclass(frozen=True)
class PlannedCount:
    """Another count of tasks of one service, or a hold of it."""

    contract: ServiceContract
    change: CountChange


@dataclass(frozen=True)
class ReleasePlan:
    """What a release will do."""

    release_id: ReleaseId
    environment: str
    cluster: str
    """ARN, or name if only that is known."""
    purpose: str
    """Its purpose, in words that follow its id."""
    services: tuple[ServicePlan | NoChange, ...]
    reason: str | None = None
    """The reason that the person gave."""
    change_ticket: str | None = None
    """The change request it belongs to."""
    incident: str | None = None
    """Why it bypasses the release window, the promotion rule and active alarms, as given; None when it does not."""
    caller: str | None = None
    """ARN of the AWS identity that runs the command."""
    releases_table: str | None = None
    """The environment's releases table; None if the contract was not read: then its name follows the naming pattern."""
    event_bus: str | None = None
    """The EventBridge bus that notifications of it are sent to; None when none are sent."""
    fence: int | None = None
    """Fence of the lock holder that carries it out; None before the lock is acquired."""
    atomic: bool = False
    """Whether all services are reverted when one of them fails."""
    brings_template: bool = False
    """Whether it applies infra's changes: the newest templates and autoscaling bounds."""
    entry: Entry | None = None
    """Its entry in the ledger; None for a release that has not started."""
    protected: bool = False
    """Whether a person at a terminal is asked before it begins; never for a rollback or what is resumed."""
    count: PlannedCount | None = None
    """For a change of a count, which has no `services`; None for a release."""

    @property
    def changed(self) -> tuple[ServicePlan, ...]:
        """The services that will be changed."""
        return tuple(service for service in self.services if isinstance(service, ServicePlan))

    @property
    def waves(self) -> tuple[tuple[ServicePlan, ...], ...]:
        """The services that will be changed, those of one group side by side: a group begins when those before it are live."""
        begun = min((service.contract.wave for service in self.changed if service.deployment_id), default=0)
        places = {service.contract.name: _wave_of(service, begun) for service in self.changed}
        return tuple(
            tuple(service for service in self.changed if places[service.contract.name] == place)
            for place in sorted(set(places.values()))
        )

    @property
    def is_open(self) -> bool:
        """Whether the ledger needs an outcome, although no service is left to change."""
        return self.entry is not None and not self.entry.settled

    @property
    def no_changes(self) -> tuple[NoChange, ...]:
        """The services that need no change."""
        return tuple(service for service in self.services if isinstance(service, NoChange))


class Blocked(Refused):
    """There is a plan, but something temporary blocks it, such as another running release."""

    def __init__(self, plan: ReleasePlan, *lines: str, details: tuple[str, ...] = (), in_short: str | None = None) -> None:
        super().__init__(*lines, details=details, in_short=in_short)
        self.plan = plan


def _wave_of(service: ServicePlan, first_started: int) -> int:
    """Its wave. Rollbacks share one wave, and services that were started already are watched from the first one."""
    if service.change is Change.ROLLBACK:
        return 0
    return first_started if service.deployment_id else service.contract.wave


def remarks_on(definition: TaskDefinition, application: str) -> tuple[str, ...]:
    """What to know about what a service will run: sidecars by tag. ECS resolves a tag at each deployment anew
    (docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html, container image resolution)."""
    return tuple(
        f"sidecar {container} runs {image} by tag: a later deployment may get another image"
        for container, image in definition.sidecars(application)
        if image.digest is None
    )


def version_of(definition: TaskDefinition, container: str) -> str:
    """Display name of what a revision runs: the version requested by its release, else its image."""
    return definition.tags.get(VERSION_TAG) or str(definition.image_of(container))


def previous_of(definition: TaskDefinition, container: str, known: DeploymentSnapshot) -> PreviousState:
    """A released service's state before a release, from its running revision."""
    return PreviousState(
        task_definition=definition.arn,
        snapshot=known,
        version=version_of(definition, container),
        digest=definition.image_of(container).digest,
        template=definition.tags.get(TEMPLATE_TAG),
    )
