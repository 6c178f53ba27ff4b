"""Decides what `deploy`, `sync` and `restart` will do. Pure: it takes what was read, and returns a plan or says why
there is none."""

from __future__ import annotations

from collections.abc import Sequence

from appdeploy.aws.current_state import LiveService, NoImage, NoRepository
from appdeploy.model.contract import PlatformContract, ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.image import Digest, EcrRepository, short
from appdeploy.model.operation import Deploy, Operation, Restart, Sync, takes_template
from appdeploy.model.plan import Change, NoChange, PreviousState, ReleasePlan, ServicePlan, previous_of
from appdeploy.model.release_id import ReleaseId
from appdeploy.model.task_definition import TaskDefinition, name_of
from appdeploy.preflight.check import Check, Verdict

_DEPLOYABLE = "ACTIVE"


class _No(Exception):
    """Why one service cannot be released."""

    def __init__(self, what: str, why: str) -> None:
        """`what` was looked at, in the words of the preflight's table."""
        super().__init__(why)
        self.what = what


class Unplannable(Refused):
    """There is no plan for some of the services."""

    def __init__(self, problems: Sequence[Check], others: ReleasePlan) -> None:
        """`others` is the plan for the services that could be planned."""
        super().__init__(*(f"{problem.service}: {problem.found}" for problem in problems))
        self.problems = tuple(problems)
        self.others = others


def plan_release(
    release_id: ReleaseId, platform: PlatformContract, goal: Operation, services: Sequence[LiveService]
) -> ReleasePlan:
    """The plan for a goal. Raises Unplannable with one line for each service that cannot take it."""
    plans: list[ServicePlan | NoChange] = []
    problems: list[Check] = []
    for live in services:
        try:
            plans.append(_plan_service(live, goal, platform.environment))
        except _No as problem:
            problems.append(Check(live.contract.name, problem.what, Verdict.NO, str(problem)))
    purpose = _purpose(goal, platform.environment)
    plan = ReleasePlan(
        release_id, platform.environment, platform.cluster, purpose, tuple(plans), brings_template=takes_template(goal)
    )
    if problems:
        raise Unplannable(problems, plan)
    return plan


def _purpose(goal: Operation, environment: str) -> str:
    match goal:
        case Deploy(version, sync):
            return f"{version}{' on the newest template' if sync else ''} to {environment}"
        case Sync():
            return f"the newest template to {environment}"
        case Restart():
            return f"new tasks for {environment}"


def _plan_service(live: LiveService, goal: Operation, environment: str) -> ServicePlan | NoChange:
    state = _usable_state(live, environment)
    if live.never_released:
        return _plan_first(live, state, goal)
    if live.running is None:
        raise _No("template", f"{name_of(state.task_definition)} could not be read")
    if live.contract.container not in live.running.containers:
        raise _no_container(live.running, live.contract)
    former = previous_of(live.running, live.contract.container, DeploymentSnapshot.of(state))
    match goal:
        case Deploy():
            return _plan_deploy(live, state, former, goal)
        case Sync():
            return _plan_sync(live, state, former)
        case Restart():
            return _plan(live, Change.RESTART, live.running, former.version or "", former.template, former)


def _plan_first(live: LiveService, state: ServiceState, goal: Operation) -> ServicePlan | NoChange:
    former = PreviousState(state.task_definition, DeploymentSnapshot.of(state))
    match goal:
        case Sync():
            return NoChange(live.contract, former, "it was never released; the first release takes the newest template")
        case Restart():
            raise _No("service", "it was never released: there is nothing to restart")
        case Deploy(version):
            if live.contract.desired_count == 0:
                raise _No(
                    "contract", "the contract asks for 0 tasks at the first release: nothing could be proved; raise it in infra"
                )
            return _plan(live, Change.FIRST_RELEASE, _template(live), version, live.contract.template, former)


def _plan_deploy(live: LiveService, state: ServiceState, former: PreviousState, goal: Deploy) -> ServicePlan | NoChange:
    digest = _usable_digest(live, goal.version)
    settled = not goal.sync or former.template == live.contract.template
    if state.settled and settled and former.digest == digest:
        return NoChange(live.contract, former, f"{goal.version} serves already")
    if state.primary is not None and state.primary.in_progress and settled and former.digest == digest:
        raise _No(
            "deployment", f"{goal.version} is under way already, deployment {state.primary.id}: appdeploy status shows it"
        )
    # The template is not read when it is the one that runs already.
    if goal.sync and not settled:
        return _plan(live, Change.RELEASE, _template(live), goal.version, live.contract.template, former)
    assert live.running is not None
    return _plan(live, Change.RELEASE, live.running, goal.version, former.template, former)


def _plan_sync(live: LiveService, state: ServiceState, former: PreviousState) -> ServicePlan | NoChange:
    if former.template == live.contract.template:
        if state.settled:
            return NoChange(live.contract, former, f"it stands on {name_of(live.contract.template)} already")
        raise _No(
            "deployment",
            f"its deployment of {name_of(state.task_definition)} on the newest template is not complete:"
            " appdeploy status shows it",
        )
    if former.digest is None:
        raise _No(
            "image", f"it runs {former.version} by its tag, which may mean another image by now: deploy a version with --sync"
        )
    if isinstance(live.image, NoImage):
        raise _No("image", f"{former.version} ({short(former.digest)}) is not in ECR any more: deploy a version with --sync")
    return _plan(live, Change.RELEASE, _template(live), former.version or "", live.contract.template, former)


def _plan(
    live: LiveService, change: Change, base: TaskDefinition, version: str, template: str | None, former: PreviousState
) -> ServicePlan:
    contract = live.contract
    image = base.image_of(contract.container)
    if change.registers:
        image = EcrRepository.parse(contract.repository).reference.pinned(_usable_digest(live, version))
    return ServicePlan(contract, change, base, image, version, template, former)


def _template(live: LiveService) -> TaskDefinition:
    if live.template is None:
        raise _No("template", f"{name_of(live.contract.template)} could not be read")
    if live.contract.container not in live.template.containers:
        raise _no_container(live.template, live.contract)
    return live.template


def _no_container(definition: TaskDefinition, contract: ServiceContract) -> _No:
    held = ", ".join(definition.containers)
    return _No("container", f"{name_of(definition.arn)} has no container {contract.container}: it has {held}")


def _usable_state(live: LiveService, environment: str) -> ServiceState:
    state = live.state
    if state is None:
        raise _No("service", f"the service {live.contract.service} does not exist: run pulumi up for {environment} again")
    if not state.active:
        raise _No("service", f"the service is {state.status}, not ACTIVE: run pulumi up for {environment} again")
    if not live.never_released and state.desired == 0:
        raise _No("service", "the service stands at 0 tasks: nothing could be proved; scale it up first")
    return state


def _usable_digest(live: LiveService, version: str) -> Digest:
    image, repository = live.image, live.contract.repository
    if isinstance(image, NoRepository):
        raise _No("image", f"the repository {repository} does not exist")
    if isinstance(image, NoImage):
        known = f"the newest there are {', '.join(image.newest)}" if image.newest else "it holds no tagged image"
        raise _No("image", f"{repository} has no image {version}: {known}")
    assert image is not None, "a plan that registers a revision is made from a looked-up image"
    if image.status != _DEPLOYABLE:
        raise _No("image", f"{repository}:{version} is {image.status} in ECR and cannot be pulled: restore it first")
    return image.digest
