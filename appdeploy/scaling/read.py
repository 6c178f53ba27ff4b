"""Reads a service's count and autoscaling, and plans `appdeploy scale`. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.current_state import describe_services
from appdeploy.aws.errors import refusing
from appdeploy.model.contract import ServiceContract
from appdeploy.model.plan import PlannedCount, ReleasePlan
from appdeploy.model.release_id import ReleaseId, new_release_id
from appdeploy.scaling.hold import HoldStore, utc_now
from appdeploy.scaling.plan import ScalePlan, ScaleRequest, ScalingState, plan_scale
from appdeploy.scaling.target import read_policies, read_targets

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract

KIND = "scale"


@dataclass(frozen=True)
class Request:
    """What the user requested."""

    environment: str
    service: str
    """Short name."""
    scale: ScaleRequest
    reason: str | None = None
    """In the user's words; the lock and the ledger show it."""
    change_ticket: str | None = None
    release_id: ReleaseId = field(default_factory=lambda: new_release_id(KIND), compare=False)


@dataclass(frozen=True)
class Prepared:
    """A scale plan, and the release plan around it, which changes no task definition."""

    scale: ScalePlan
    plan: ReleasePlan
    superseded: str | None = None
    """Why it must not be done any more: a newer change of the count or hold; None otherwise."""


def prepare_scale(request: Request, clients: Clients) -> Prepared:
    """Read and decide. Raises Refused."""
    contract = read_contract(clients, request.environment)
    [service] = contract.select((request.service,))
    with refusing(f"how {service.name} is scaled could not be read"):
        current = _current(clients, contract, service)
    scale = plan_scale(request.environment, request.scale, current, utc_now())
    frame = ReleasePlan(
        release_id=request.release_id,
        environment=request.environment,
        cluster=contract.platform.cluster,
        purpose=f"{scale.purpose} in {request.environment}",
        services=(),
        reason=request.reason,
        change_ticket=request.change_ticket,
        caller=contract.caller.arn if contract.caller else None,
        releases_table=contract.platform.releases_table,
        event_bus=contract.platform.event_bus,
        protected=contract.platform.protected,
        count=PlannedCount(service, scale.change),
    )
    return Prepared(scale, frame)


def _current(clients: Clients, contract: EnvironmentContract, service: ServiceContract) -> ScalingState:
    states = describe_services(clients.ecs, contract.platform.cluster, [service.service])
    scaled: Sequence[ServiceContract] = [service] if service.scaling else []
    return ScalingState(
        contract=service,
        state=states.get(service.service),
        target=read_targets(clients.autoscaling, scaled).get(service.name),
        policies=read_policies(clients.autoscaling, service) if service.scaling else (),
        hold=HoldStore(clients.dynamodb, contract.platform.releases_table).read().get(service.name),
    )
