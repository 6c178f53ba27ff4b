"""Decides what a release will do. Pure: it takes what was read, and returns a plan or says why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from appdeploy.contract import PlatformContract, ServiceContract
from appdeploy.ecs_state import Deployment, ServiceState
from appdeploy.errors import Refused
from appdeploy.image import Digest, EcrRepository, ImageReference
from appdeploy.live import ImageLookup, LiveService, NoImage, NoRepository
from appdeploy.release_id import ReleaseId
from appdeploy.task_definition import VERSION_TAG, TaskDefinition, name_of

_DEPLOYABLE = "ACTIVE"


class Change(Enum):
    """What a release does to one service."""

    NONE = auto()
    """It already runs that digest."""
    RELEASE = auto()
    """What it runs, with another image."""
    FIRST_RELEASE = auto()
    """The template with an image, and the initial number of tasks."""


@dataclass(frozen=True)
class ServicePlan:
    """What a release will do to one service."""

    contract: ServiceContract
    change: Change
    base: TaskDefinition
    """The revision that the new one is made from."""
    image: ImageReference
    """The image that will run, pinned by digest."""
    former_task_definition: str
    """What the service stands on now, and goes back to if the release fails."""
    former_version: str | None
    """The version that serves now, as far as it is known."""

    @property
    def first(self) -> bool:
        """Whether there is no former version to go back to."""
        return self.change is Change.FIRST_RELEASE

    @property
    def desired_count(self) -> int | None:
        """How many tasks to ask for, or None to leave the service's count alone."""
        return self.contract.desired_count if self.first else None


@dataclass(frozen=True)
class ReleasePlan:
    """What a release will do."""

    release_id: ReleaseId
    platform: PlatformContract
    version: str
    services: tuple[ServicePlan, ...]

    @property
    def changed(self) -> tuple[ServicePlan, ...]:
        """The services that will be changed."""
        return tuple(service for service in self.services if service.change is not Change.NONE)


class _No(Exception):
    """Why one service cannot be released."""


def plan_release(
    release_id: ReleaseId, platform: PlatformContract, version: str, services: Sequence[LiveService]
) -> ReleasePlan:
    """The plan for a version. Raises Refused with one line for each service that cannot take it."""
    plans: list[ServicePlan] = []
    problems: list[str] = []
    for live in services:
        try:
            plans.append(_plan_service(live, version, platform.environment))
        except _No as problem:
            problems.append(f"{live.contract.name}: {problem}")
    if problems:
        raise Refused(*problems)
    return ReleasePlan(release_id, platform, version, tuple(plans))


def version_of(definition: TaskDefinition, container: str) -> str:
    """How people name what a revision runs: the version that its release was asked for, else its image."""
    return definition.tags.get(VERSION_TAG) or str(definition.image_of(container))


def _plan_service(live: LiveService, version: str, environment: str) -> ServicePlan:
    contract = live.contract
    state = _usable_state(live, environment)
    base = live.base
    if base is None or contract.container not in base.containers:
        held = f"it has {', '.join(base.containers)}" if base else "it could not be read"
        raise _No(f"{name_of(state.task_definition)} has no container {contract.container}: {held}")
    digest = _usable_digest(live.image, contract, version)
    image = EcrRepository.parse(contract.repository).reference.pinned(digest)
    return ServicePlan(
        contract=contract,
        change=_change(live, state, base, digest),
        base=base,
        image=image,
        former_task_definition=state.task_definition,
        former_version=None if live.never_released else version_of(base, contract.container),
    )


def _change(live: LiveService, state: ServiceState, base: TaskDefinition, digest: Digest) -> Change:
    if live.never_released:
        return Change.FIRST_RELEASE
    # A deployment that ECS gave up does not run, whatever the service's task definition says.
    completed = state.primary is not None and state.primary.rollout_state == "COMPLETED"
    runs_it = base.image_of(live.contract.container).digest == digest
    return Change.NONE if completed and runs_it else Change.RELEASE


def _usable_state(live: LiveService, environment: str) -> ServiceState:
    state, contract = live.state, live.contract
    if state is None:
        raise _No(f"the service {contract.service} does not exist: run pulumi up for {environment} again")
    if not state.active:
        raise _No(f"the service is {state.status}, not ACTIVE: run pulumi up for {environment} again")
    underway = next((item for item in state.deployments if item.in_progress), None)
    if underway is not None:
        raise _No(_underway(underway, environment))
    if live.never_released and contract.desired_count == 0:
        raise _No("the contract asks for 0 tasks at the first release: nothing could be proved; raise it in infra")
    if not live.never_released and state.desired == 0:
        raise _No("the service stands at 0 tasks: nothing could be proved; scale it up first")
    return state


def _underway(deployment: Deployment, environment: str) -> str:
    return (
        f"deployment {deployment.id} of {name_of(deployment.task_definition)} is still in progress"
        f" ({deployment.running} of {deployment.desired} tasks):"
        f" wait for it (appdeploy status -e {environment} shows it), then run this again"
    )


def _usable_digest(image: ImageLookup, contract: ServiceContract, version: str) -> Digest:
    if isinstance(image, NoRepository):
        raise _No(f"the repository {contract.repository} does not exist")
    if isinstance(image, NoImage):
        known = f"the newest there are {', '.join(image.newest)}" if image.newest else "it holds no tagged image"
        raise _No(f"{contract.repository} has no image {version}: {known}")
    if image.status != _DEPLOYABLE:
        raise _No(f"{contract.repository}:{version} is {image.status} in ECR and cannot be pulled: restore it first")
    return image.digest
