"""What `appdeploy rollback` would do, for display: with `--plan` there is time to read all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import LiveService, describe_services
from appdeploy.aws.errors import AwsError
from appdeploy.aws.parallel import map_parallel
from appdeploy.plan.preview import planned_service
from appdeploy.plan.report import PlannedService, PlanReport
from appdeploy.rollback.late_details import with_details
from appdeploy.rollback.prepare import Request, prepare_rollback

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.ecs_state import ServiceState
    from appdeploy.model.plan import NoChange, ReleasePlan, ServicePlan

_UNCHECKED = "a rollback looks only whether the tasks of its target could start, and passes over what could not"


def read_preview(request: Request, clients: Clients) -> PlanReport:
    """The plan; nothing is changed. Raises Refused. What cannot be read for display is left out."""
    plan = with_details(prepare_rollback(request, clients), clients)
    states = _states(plan, clients)
    services = map_parallel(lambda service: _planned(clients, service, states), plan.services)
    _, _, _, region, account, *_ = plan.services[0].contract.service.split(":")
    return PlanReport(
        environment=plan.environment,
        account=account,
        region=region,
        purpose=plan.purpose,
        services=tuple(services),
        checks=(),
        unchecked_because=_UNCHECKED,
    )


def _states(plan: ReleasePlan, clients: Clients) -> Mapping[str, ServiceState]:
    """For the expected duration alone."""
    try:
        return describe_services(clients.ecs, plan.cluster, [service.contract.service for service in plan.services])
    except AwsError:
        return {}


def _planned(clients: Clients, service: ServicePlan | NoChange, states: Mapping[str, ServiceState]) -> PlannedService:
    def shown(state: ServiceState | None) -> PlannedService:
        return planned_service(clients, service, LiveService(service.contract, state, None, None, None))

    try:
        return shown(states.get(service.contract.service))
    except AwsError:
        return shown(None)
