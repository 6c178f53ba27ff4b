"""Plans `deploy`, `sync` and `restart`. Pure: takes what was read, and returns a plan or raises why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from appdeploy.aws.current_state import LiveService, NoImage, NoRepository
from appdeploy.model.contract import PlatformContract, ServiceContract
from appdeploy.model.ecs_state import DeploymentSnapshot, ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.image import Digest, EcrRepository, short
from appdeploy.model.operation import (
    Deploy,
    DeployEach,
    Operation,
    Restart,
    ServiceOperation,
    Sync,
    for_service,
    takes_template,
)
from appdeploy.model.plan import Change, NoChange, PreviousState, ReleasePlan, ServicePlan, previous_of, remarks_on
from appdeploy.model.release_id import ReleaseId
from appdeploy.model.task_definition import TaskDefinition, name_of
from appdeploy.preflight.check import Check, Verdict

_DEPLOYABLE = "ACTIVE"


class _CannotPlan(Exception):
    """Why one service cannot be released."""

    def __init__(self, what: str, why: str) -> None:
        """`what` is the name of the check in the preflight table."""
        super().__init__(why)
        self.what = what


class Unplannable(Refused):
    """Some of the services cannot be planned."""

    def __init__(self, problems: Sequence[Check], others: ReleasePlan) -> None:
        """`others` is the plan for the remaining services."""
        super().__init__(*(f"{problem.service}: {problem.found}" for problem in problems))
        self.problems = tuple(problems)
        self.others = others


def plan_release(
    release_id: ReleaseId, platform: PlatformContract, operation: Operation, services: Sequence[LiveService]
) -> ReleasePlan:
    """The plan for an operation. Raises Unplannable with one line for each service without a plan."""
    plans: list[ServicePlan | NoChange] = []
    problems: list[Check] = []
    for live in services:
        try:
            plans.append(_plan_service(live, for_service(operation, live.contract.name), platform.environment))
        except _CannotPlan as problem:
            problems.append(Check(live.contract.name, problem.what, Verdict.NO, str(problem)))
    purpose = _purpose(operation, platform.environment)
    plan = ReleasePlan(
        release_id, platform.environment, platform.cluster, purpose, tuple(plans), brings_template=takes_template(operation)
    )
    if problems:
        raise Unplannable(problems, plan)
    return plan


def _purpose(operation: Operation, environment: str) -> str:
    match operation:
        case Deploy(version, sync):
            return f"{version}{_on_template(sync)} to {environment}"
        case DeployEach(versions, default, sync):
            each = ", ".join(f"{service} {version}" for service, version in versions)
            return f"{f'{default} ({each})' if default else each}{_on_template(sync)} to {environment}"
        case Sync():
            return f"the newest template to {environment}"
        case Restart():
            return f"new tasks for {environment}"


def _on_template(sync: bool) -> str:
    return " on the newest template" if sync else ""


def _plan_service(live: LiveService, operation: ServiceOperation, environment: str) -> ServicePlan | NoChange:
    state = _usable_state(live, environment)
    if live.never_released:
        return _plan_first(live, state, operation)
    if live.running is None:
        raise _CannotPlan("template", f"{name_of(state.task_definition)} could not be read")
    if live.contract.container not in live.running.containers:
        raise _no_container(live.running, live.contract)
    previous = previous_of(live.running, live.contract.container, DeploymentSnapshot.of(state))
    match operation:
        case Deploy():
            return _plan_deploy(live, state, previous, operation)
        case Sync():
            return _plan_sync(live, state, previous)
        case Restart():
            return _plan(live, Change.RESTART, live.running, previous.version or "", previous.template, previous)


def _plan_first(live: LiveService, state: ServiceState, operation: ServiceOperation) -> ServicePlan | NoChange:
    previous = PreviousState(state.task_definition, DeploymentSnapshot.of(state))
    match operation:
        case Sync():
            return NoChange(live.contract, previous, "it was never released; the first release uses the newest template")
        case Restart():
            raise _CannotPlan("service", "it was never released: there is nothing to restart")
        case Deploy(version):
            if live.contract.desired_count == 0:
                raise _CannotPlan(
                    "contract",
                    "the contract sets 0 tasks for the first release, so the version could not be checked: raise it in infra",
                )
            return _plan(live, Change.FIRST_RELEASE, _template(live), version, live.contract.template, previous)


def _plan_deploy(live: LiveService, state: ServiceState, previous: PreviousState, operation: Deploy) -> ServicePlan | NoChange:
    digest = _usable_digest(live, operation.version)
    settled = not operation.sync or previous.template == live.contract.template
    if state.settled and settled and previous.digest == digest:
        return NoChange(live.contract, previous, f"{operation.version} already serves")
    if state.primary is not None and state.primary.in_progress and settled and previous.digest == digest:
        raise _CannotPlan(
            "deployment", f"{operation.version} is already being deployed ({state.primary.id}): `status` shows it"
        )
    # The template is not read if it is already the running one.
    if operation.sync and not settled:
        return _plan(live, Change.RELEASE, _template(live), operation.version, live.contract.template, previous)
    assert live.running is not None
    return _plan(live, Change.RELEASE, live.running, operation.version, previous.template, previous)


def _plan_sync(live: LiveService, state: ServiceState, previous: PreviousState) -> ServicePlan | NoChange:
    if previous.template == live.contract.template:
        if state.settled:
            return NoChange(live.contract, previous, f"it already uses {name_of(live.contract.template)}")
        raise _CannotPlan(
            "deployment",
            f"its deployment of {name_of(state.task_definition)} with the newest template is not complete: `status` shows it",
        )
    if previous.digest is None:
        raise _CannotPlan(
            "image", f"it runs {previous.version} by tag, which may be another image now: deploy a version with --sync"
        )
    if isinstance(live.image, NoImage):
        raise _CannotPlan(
            "image", f"{previous.version} ({short(previous.digest)}) is not in ECR any more: deploy a version with --sync"
        )
    return _plan(live, Change.RELEASE, _template(live), previous.version or "", live.contract.template, previous)


def _plan(
    live: LiveService, change: Change, base: TaskDefinition, version: str, template: str | None, previous: PreviousState
) -> ServicePlan:
    contract = live.contract
    image = base.image_of(contract.container)
    if change.registers:
        image = EcrRepository.parse(contract.repository).reference.pinned(_usable_digest(live, version))
    remarks = remarks_on(base, contract.container)
    return ServicePlan(contract, change, base, image, version, template, previous, remarks=remarks)


def _template(live: LiveService) -> TaskDefinition:
    if live.template is None:
        raise _CannotPlan("template", f"{name_of(live.contract.template)} could not be read")
    if live.contract.container not in live.template.containers:
        raise _no_container(live.template, live.contract)
    return live.template


def _no_container(definition: TaskDefinition, contract: ServiceContract) -> _CannotPlan:
    existing = ", ".join(definition.containers)
    return _CannotPlan("container", f"{name_of(definition.arn)} has no container {contract.container}: it has {existing}")


def _usable_state(live: LiveService, environment: str) -> ServiceState:
    state = live.state
    if state is None:
        raise _CannotPlan(
            "service", f"the service {live.contract.service} does not exist: run pulumi up for {environment} again"
        )
    if not state.active:
        raise _CannotPlan("service", f"the service is {state.status}, not ACTIVE: run pulumi up for {environment} again")
    if not live.never_released and state.desired == 0:
        raise _CannotPlan("service", "the service has 0 tasks, so the version could not be checked: scale it up first")
    return state


def _usable_digest(live: LiveService, version: str) -> Digest:
    image, repository = live.image, live.contract.repository
    if isinstance(image, NoRepository):
        raise _CannotPlan("image", f"the repository {repository} does not exist")
    if isinstance(image, NoImage):
        known = f"its newest tags are {', '.join(image.newest)}" if image.newest else "it has no tagged image"
        raise _CannotPlan("image", f"{repository} has no image {version}: {known}")
    assert image is not None, "a plan that registers a revision is made from a looked-up image"
    if image.status != _DEPLOYABLE:
        raise _CannotPlan("image", f"{repository}:{version} is {image.status} in ECR and cannot be pulled: restore it first")
    return image.digest
