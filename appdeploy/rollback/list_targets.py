"""Reads the task definitions that a service could be rolled back to, and whether each is usable. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import FoundImage, NoImage, NoRepository, describe_task_definition, find_digest
from appdeploy.aws.errors import unreadable
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.plan import version_of
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of
from appdeploy.rollback.choose_target import CompletedDeployment, choose_target, list_targets
from appdeploy.rollback.deployment_history import read_history
from appdeploy.rollback.locate_services import find_services
from appdeploy.rollback.report import RollbackTarget, ServiceTargets, TargetsReport

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.image import Digest

MAX_TARGETS = 20
"""Targets shown per service; the default target is added if it is not among them."""


def read_targets(clients: Clients, environment: str, names: Sequence[str]) -> TargetsReport:
    """The targets of these services, or of all when none is named. Raises Refused when they cannot be read."""
    with unreadable("the rollback targets could not be read"):
        where = find_services(clients, environment, names)
        found = [_service(clients, where.cluster, contract, state) for contract, state in where.services]
    return TargetsReport(environment=environment, services=tuple(found))


def _service(clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState) -> ServiceTargets:
    history = read_history(clients.ecs, cluster, contract).whole()
    target = choose_target(history, state.primary.task_definition if state.primary else state.task_definition)
    listed = list_targets(history.completed)
    shown = [point for index, point in enumerate(listed) if index < MAX_TARGETS or point.task_definition == target]
    found = map_parallel(lambda point: _rollback_target(clients, contract, state, point), shown)
    return ServiceTargets(name=contract.name, targets=tuple(found), default=name_of(target) if target else None)


def _rollback_target(
    clients: Clients, contract: ServiceContract, state: ServiceState, point: CompletedDeployment
) -> RollbackTarget:
    running = point.task_definition == state.task_definition
    try:
        definition = describe_task_definition(clients.ecs, point.task_definition)
    except clients.ecs.exceptions.ClientException:
        name = name_of(point.task_definition)
        gone = "ECS does not know the task definition any more"
        return RollbackTarget(
            task_definition=name,
            version=None,
            digest=None,
            template=None,
            succeeded=point.created,
            running=running,
            problem=gone,
        )
    has_container = contract.container in definition.containers
    digest = definition.image_of(contract.container).digest if has_container else None
    template = definition.tags.get(TEMPLATE_TAG)
    return RollbackTarget(
        task_definition=name_of(definition.arn),
        version=version_of(definition, contract.container) if has_container else None,
        digest=digest,
        template=name_of(template) if template else None,
        succeeded=point.created,
        running=running,
        problem=_problem(clients, contract, definition, digest) if has_container else f"no container {contract.container}",
    )


def _problem(clients: Clients, contract: ServiceContract, definition: TaskDefinition, digest: Digest | None) -> str | None:
    if not definition.active:
        return f"the task definition is {definition.fields['status']}"
    if digest is None:
        return "it names its image by tag, which may be another image now"
    match find_digest(clients.ecr, contract, digest):
        case FoundImage(_, "ACTIVE"):
            return None
        case FoundImage(_, status):
            return f"the image is {status} in ECR"
        case NoImage() | NoRepository():
            return "the image is not in ECR any more"
