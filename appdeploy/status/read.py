"""Reads the status of an environment's services. Nothing is changed in AWS but settled ledger entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.current_state import describe_services, describe_task_definition, on_template
from appdeploy.aws.errors import AwsError, explain, unreadable
from appdeploy.aws.parallel import map_parallel
from appdeploy.lock.item import LockItem
from appdeploy.lock.lease import describe
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.ecs_state import Deployment, DeploymentStatus, ServiceDeployment, ServiceState
from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import LedgerError
from appdeploy.model.plan import version_of
from appdeploy.model.task_definition import TEMPLATE_TAG, TaskDefinition, name_of
from appdeploy.reconcile.entry_state import state_text
from appdeploy.reconcile.list import reconcile
from appdeploy.status.holds import read_holds
from appdeploy.status.report import FailedDeployment, OpenRelease, ServiceStatus, StatusReport, TemplateDrift, Underway
from appdeploy.watch.routing import Ambiguous, Serving, read_routing

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract
    from appdeploy.model.contract import ServiceContract

_PAGE = 100


def read_status(clients: Clients, environment: str, names: Sequence[str]) -> StatusReport:
    """The status of these services, or of all when none is named. Raises Refused when it cannot be read."""
    contract = read_contract(clients, environment, unreadable)
    services = contract.select(names)
    platform = contract.platform
    with unreadable(f"the status of {environment} could not be read"):
        states = describe_services(clients.ecs, platform.cluster, [service.service for service in services])
        missing = [service.name for service in services if service.service not in states]
        if missing:
            raise Refused(f"{', '.join(missing)}: the service does not exist: run pulumi up for {environment} again")
        found = map_parallel(
            lambda service: _read_service(clients, platform.cluster, service, states[service.service]), services
        )
    report = StatusReport(
        environment=environment,
        account=platform.account,
        region=platform.region,
        url=platform.url,
        services=tuple(found),
    )
    report = replace(report, **_scaling(clients, contract, services, report))
    return replace(report, **_ledger(clients, contract))


def _scaling(
    clients: Clients, contract: EnvironmentContract, services: Sequence[ServiceContract], report: StatusReport
) -> dict[str, Any]:
    """The report's part from autoscaling; if it is unreachable, the rest is still shown."""
    if not any(service.scaling for service in services):
        return {}
    try:
        held = read_holds(clients, contract.platform.releases_table, services)
    except AwsError as error:
        return {"scaling_problem": explain(error)}
    return {"services": tuple(replace(item, hold=held.get(item.name)) for item in report.services)}


def _ledger(clients: Clients, contract: EnvironmentContract) -> dict[str, Any]:
    """The report's part from the releases table; if it is unreachable, the rest is still shown."""
    try:
        lock = DynamoLockStore(clients.dynamodb, contract.platform.releases_table).read()
        readings = [reading for reading in reconcile(clients, contract) if not reading.entry.settled]
    except AwsError as error:
        return {"ledger_problem": explain(error)}
    except LedgerError as error:
        return {"ledger_problem": str(error)}
    return {
        "lock": None if lock == LockItem(lock.fence, lock.beat) else describe(lock),
        "open_releases": tuple(
            OpenRelease(id=reading.entry.id, state=state_text(reading), resume=reading.resumable) for reading in readings
        ),
    }


def _read_service(clients: Clients, cluster: str, contract: ServiceContract, state: ServiceState) -> ServiceStatus:
    newest = _newest_deployment(clients, cluster, contract)
    serving, coming = _serving_and_coming(state, newest)
    definition = describe_task_definition(clients.ecs, serving.task_definition if serving else state.task_definition)
    released = not on_template(contract, definition.arn)
    healthy, problem = _healthy_targets(clients, contract, state, newest)
    return ServiceStatus(
        name=contract.name,
        released=released,
        version=version_of(definition, contract.container) if released else None,
        digest=definition.image_of(contract.container).digest if released else None,
        task_definition=name_of(definition.arn),
        running=serving.running if serving else state.running,
        desired=serving.desired if serving else state.desired,
        healthy=healthy,
        routing_problem=problem,
        underway=_underway(clients, contract, coming, newest) if coming else None,
        last_failure=_last_failure(newest),
        template_drift=template_drift(definition, contract) if released else None,
    )


def template_drift(definition: TaskDefinition, contract: ServiceContract) -> TemplateDrift | None:
    """The running revision's template and the contract's; None if they are the same."""
    running = definition.tags.get(TEMPLATE_TAG)
    if running == contract.template:
        return None
    return TemplateDrift(running=name_of(running) if running else None, target=name_of(contract.template))


def _serving_and_coming(state: ServiceState, newest: ServiceDeployment | None) -> tuple[Deployment | None, Deployment | None]:
    """The deployment that serves, and the one in progress, if any.

    During a rollout the previous deployment serves; during a rollback the PRIMARY one already is the previous version.
    """
    primary = state.primary
    if primary is None or not primary.in_progress:
        return primary, None
    previous = next((item for item in state.deployments if item.id != primary.id and item.running > 0), None)
    rolling_back = newest is not None and newest.status.is_rollback
    return (primary if rolling_back or previous is None else previous), primary


def _newest_deployment(clients: Clients, cluster: str, contract: ServiceContract) -> ServiceDeployment | None:
    reply = clients.ecs.list_service_deployments(cluster=cluster, service=contract.service, maxResults=_PAGE)
    records = map(ServiceDeployment.from_brief, reply["serviceDeployments"])
    return max(records, key=lambda record: record.created, default=None)


def _healthy_targets(
    clients: Clients, contract: ServiceContract, state: ServiceState, newest: ServiceDeployment | None
) -> tuple[int | None, str | None]:
    revisions = list(state.revisions) or ([newest.revision] if newest else [])
    match read_routing(clients.ecs, clients.elbv2, contract, revisions):
        case Serving(target_group):
            reply = clients.elbv2.describe_target_health(TargetGroupArn=target_group)
            states = [item.get("TargetHealth", {}).get("State") for item in reply["TargetHealthDescriptions"]]
            return states.count("healthy"), None
        case Ambiguous(why):
            return None, why
        case _:
            return None, None


def _underway(clients: Clients, contract: ServiceContract, coming: Deployment, newest: ServiceDeployment | None) -> Underway:
    rolling_back = newest is not None and newest.status.is_rollback
    definition = describe_task_definition(clients.ecs, coming.task_definition)
    return Underway(
        deployment_id=coming.id,
        kind="rolling back" if rolling_back else "rolling out",
        version=None if on_template(contract, definition.arn) else version_of(definition, contract.container),
        running=coming.running,
        desired=coming.desired,
    )


def _last_failure(newest: ServiceDeployment | None) -> FailedDeployment | None:
    if newest is None or not newest.status.is_final or newest.status is DeploymentStatus.SUCCESSFUL:
        return None
    return FailedDeployment(status=newest.status.value, reason=" ".join(newest.reason.split()))
