"""Reads the task definitions that a service could be rolled back to, and whether each is usable. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
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
from appdeploy.rollback.never_settled import NeverSettled, never_settled, read_entries
from appdeploy.rollback.report import NeverSettledVersion, RollbackTarget, ServiceTargets, TargetsReport
from appdeploy.rollback.usable import FORGOTTEN, problem_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.preflight.start_needs import StartNeeds

MAX_TARGETS = 20
"""Targets shown per service; the default target is added if it is not among them. As many candidates are looked at for it."""


def read_targets(clients: Clients, environment: str, names: Sequence[str]) -> TargetsReport:
    """The targets of these services, or of all when none is named. Raises Refused when they cannot be read."""
    with unreadable("the rollback targets could not be read"):
        where = find_services(clients, environment, names)
        entries = read_entries(clients, where.releases_table)
        found = [_service(clients, where.cluster, contract, state, entries) for contract, state in where.services]
    return TargetsReport(environment=environment, services=tuple(found))


def _service(
    clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState, entries: Sequence[Entry]
) -> ServiceTargets:
    reader = read_history(clients.ecs, cluster, contract)
    history = reader.whole()
    primary = state.primary.task_definition if state.primary else state.task_definition
    first_choices = candidates(history, primary)[:MAX_TARGETS]
    listed = list_targets(history.completed)
    points = [point for index, point in enumerate(listed) if index < MAX_TARGETS or point.task_definition in first_choices]
    others = {state.task_definition, *(point.task_definition for point in listed)}
    early = list(islice(never_settled(entries, contract.name, reader.stopped, others), MAX_TARGETS))
    wanted = [*(point.task_definition for point in points), *(version.task_definition for version in early)]
    definitions = map_parallel(lambda task_definition: _describe(clients, task_definition), wanted)
    needs = read_start_needs(clients, filter(None, definitions))
    found = [
        _rollback_target(contract, state, point, definition, needs)
        for point, definition in zip(points, definitions[: len(points)], strict=True)
    ]
    replaced = [
        _never_settled(contract, version, definition, needs)
        for version, definition in zip(early, definitions[len(points) :], strict=True)
    ]
    usable = {target.task_definition for target in found if target.problem is None}
    default = next((name for name in map(name_of, first_choices) if name in usable), None)
    shown = [target for index, target in enumerate(found) if index < MAX_TARGETS or target.task_definition == default]
    return ServiceTargets(name=contract.name, targets=tuple(shown), default=default, never_settled=tuple(replaced))


def _never_settled(
    contract: ServiceContract, found: NeverSettled, definition: TaskDefinition | None, needs: StartNeeds
) -> NeverSettledVersion:
    known = definition is not None and contract.container in definition.containers
    return NeverSettledVersion(
        task_definition=name_of(found.task_definition),
        version=version_of(definition, contract.container) if definition and known else None,
        digest=definition.image_of(contract.container).digest if definition and known else None,
        release=found.release,
        live_at=found.live_at,
        live_seconds=found.live_seconds,
        superseded_by=found.superseded_by,
        problem=problem_of(definition, contract, needs) if definition else FORGOTTEN,
        unchecked=tuple(needs.unread(definition)) if definition else (),
    )


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
