"""Reads the task definitions that a service could be rolled back to, and whether each is usable. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import describe_task_definition
from appdeploy.aws.errors import unreadable
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.contract import ServiceContract
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.plan import version_of
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of
from appdeploy.preflight.start_needs import read_start_needs
from appdeploy.rollback.choose_target import CompletedDeployment, candidates, list_targets
from appdeploy.rollback.deployment_history import read_history
from appdeploy.rollback.locate_services import find_services
from appdeploy.rollback.report import RollbackTarget, ServiceTargets, TargetsReport
from appdeploy.rollback.usable import FORGOTTEN, problem_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.preflight.start_needs import StartNeeds

MAX_TARGETS = 20
"""Targets shown per service; the default target is added if it is not among them. As many candidates are looked at for it."""


def read_targets(clients: Clients, environment: str, names: Sequence[str]) -> TargetsReport:
    """The targets of these services, or of all when none is named. Raises Refused when they cannot be read."""
    with unreadable("the rollback targets could not be read"):
        where = find_services(clients, environment, names)
        found = [_service(clients, where.cluster, contract, state) for contract, state in where.services]
    return TargetsReport(environment=environment, services=tuple(found))


def _service(clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState) -> ServiceTargets:
    history = read_history(clients.ecs, cluster, contract).whole()
    primary = state.primary.task_definition if state.primary else state.task_definition
    first_choices = candidates(history, primary)[:MAX_TARGETS]
    listed = list_targets(history.completed)
    points = [point for index, point in enumerate(listed) if index < MAX_TARGETS or point.task_definition in first_choices]
    definitions = map_parallel(lambda point: _describe(clients, point.task_definition), points)
    needs = read_start_needs(clients, filter(None, definitions))
    found = [
        _rollback_target(contract, state, point, definition, needs)
        for point, definition in zip(points, definitions, strict=True)
    ]
    usable = {target.task_definition for target in found if target.problem is None}
    default = next((name for name in map(name_of, first_choices) if name in usable), None)
    shown = [target for index, target in enumerate(found) if index < MAX_TARGETS or target.task_definition == default]
    return ServiceTargets(name=contract.name, targets=tuple(shown), default=default)


def _describe(clients: Clients, task_definition: str) -> TaskDefinition | None:
    try:
        return describe_task_definition(clients.ecs, task_definition)
    except clients.ecs.exceptions.ClientException:
        return None


def _rollback_target(
    contract: ServiceContract,
    state: ServiceState,
    point: CompletedDeployment,
    definition: TaskDefinition | None,
    needs: StartNeeds,
) -> RollbackTarget:
    running = point.task_definition == state.task_definition
    if definition is None:
        return RollbackTarget(
            task_definition=name_of(point.task_definition),
            version=None,
            digest=None,
            template=None,
            succeeded=point.created,
            running=running,
            problem=FORGOTTEN,
        )
    has_container = contract.container in definition.containers
    template = definition.tags.get(TEMPLATE_TAG)
    return RollbackTarget(
        task_definition=name_of(definition.arn),
        version=version_of(definition, contract.container) if has_container else None,
        digest=definition.image_of(contract.container).digest if has_container else None,
        template=name_of(template) if template else None,
        succeeded=point.created,
        running=running,
        problem=problem_of(definition, contract, needs),
        deregistered=not definition.active,
        unchecked=tuple(needs.unread(definition)),
    )
