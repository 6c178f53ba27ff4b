"""Reads what a plan is displayed with: both templates of a drift, and the target group's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import LiveService, describe_task_definition
from appdeploy.aws.errors import refusing
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.plan import Change, NoChange, ServicePlan
from appdeploy.model.task_definition import name_of
from appdeploy.plan.diff import difference
from appdeploy.plan.estimate import HealthSettings, expected_duration
from appdeploy.plan.prepare import Prepared, Request, prepare
from appdeploy.plan.report import (
    Drift,
    Duration,
    PlanCheck,
    PlannedService,
    PlannedSetting,
    PlanReport,
    Running,
    TemplateChange,
)
from appdeploy.watch.routing import deregistration_delay

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.contract import ServiceContract
    from appdeploy.model.ecs_state import DeploymentSettings, ServiceState
    from appdeploy.model.task_definition import TaskDefinition


def read_preview(request: Request, clients: Clients) -> PlanReport:
    """The plan for a request, with details for display; nothing is changed. Raises Refused."""
    return preview_of(prepare(request, clients), clients)


def preview_of(prepared: Prepared, clients: Clients) -> PlanReport:
    """The same of a plan that is made. Raises Refused."""
    with refusing("the plan could not be read"):
        shown = map_parallel(
            lambda pair: planned_service(clients, *pair), zip(prepared.plan.services, prepared.live, strict=True)
        )
    platform = prepared.platform
    places = {service.contract.name: place for place, group in enumerate(prepared.plan.waves, 1) for service in group}
    shown = [item.model_copy(update={"group": places.get(item.name, 1)}) for item in shown]
    return PlanReport(
        environment=platform.environment,
        account=platform.account,
        region=platform.region,
        purpose=prepared.plan.purpose,
        services=tuple(shown),
        checks=tuple(
            PlanCheck(
                service=check.service,
                what=check.what,
                verdict=check.verdict.value,
                found=check.found,
                remedy=check.remedy,
            )
            for check in prepared.table
        ),
    )


def planned_service(clients: Clients, service: ServicePlan | NoChange, live: LiveService) -> PlannedService:
    """What would become of a service. Errors of the SDK are raised."""
    before, drift = _before(service), _drift(clients, service, live)
    if isinstance(service, NoChange):
        return PlannedService(
            name=service.contract.name, unchanged_because=service.reason, before=before, after=before, drift=drift
        )
    return PlannedService(
        name=service.contract.name,
        before=before,
        after=_after(service),
        drift=drift,
        writes=tuple(_writes(service)),
        duration=_duration(clients, service, live.state) if live.state else None,
        remarks=service.remarks,
        settings=tuple(PlannedSetting(key=each.key, before=each.previous, after=each.target) for each in service.settings),
    )


def _before(service: ServicePlan | NoChange) -> Running:
    previous = service.previous
    return Running(
        version=previous.version,
        digest=previous.digest,
        task_definition=name_of(previous.task_definition),
        template=name_of(previous.template) if previous.template else None,
    )


def _after(service: ServicePlan) -> Running:
    return Running(
        version=service.version,
        digest=service.image.digest,
        task_definition=None if service.registers else name_of(service.base.arn),
        template=name_of(service.template) if service.template else None,
    )


def _drift(clients: Clients, service: ServicePlan | NoChange, live: LiveService) -> Drift | None:
    running, target = service.previous.template, service.contract.template
    goes_back = isinstance(service, ServicePlan) and service.change is Change.ROLLBACK
    if running is None or running == target or goes_back:
        return None
    new = live.template or describe_task_definition(clients.ecs, target)
    return Drift(
        running=name_of(running),
        target=name_of(target),
        changes=_changes(clients, service.contract, running, new),
        applied=isinstance(service, ServicePlan) and service.template == target,
    )


def _changes(
    clients: Clients, contract: ServiceContract, running: str, target: TaskDefinition
) -> tuple[TemplateChange, ...] | None:
    try:
        previous = describe_task_definition(clients.ecs, running)
    except clients.ecs.exceptions.ClientException:
        return None  # The revision was deleted.
    found = difference(previous.fields, target.fields, contract.container)
    return tuple(TemplateChange(setting=item.path, before=item.before, after=item.after) for item in found)


def _writes(service: ServicePlan) -> Iterator[str]:
    contract = service.contract
    name = contract.service.rsplit("/", 1)[-1]
    yield from (f"PutParameter: {setting.key} of {name}" for setting in service.settings)
    if service.registers:
        yield f"RegisterTaskDefinition: a new revision of {contract.family} with {contract.container} at {service.image}"
    if service.contract.pre_deploy and service.change.registers:
        task = service.contract.pre_deploy
        yield f"RunTask: {' '.join(task.command)}, with that revision, for {task.timeout_seconds} s at most"
    count = "" if service.desired_count is None else f" and desiredCount {service.desired_count}"
    what = "that revision" if service.registers else name_of(service.base.arn)
    yield f"UpdateService: {name} to {what}{count}"


def _duration(clients: Clients, service: ServicePlan, state: ServiceState) -> Duration:
    health = _health_settings(clients, service.contract)
    desired = service.desired_count if service.desired_count is not None else state.desired
    expected = expected_duration(state.settings, health, desired)
    return Duration(
        live_soonest=expected.live_soonest,
        live_latest=expected.live_latest,
        complete_after_live=expected.drain,
        how=_how(expected.rounds, health, state.settings),
    )


def _health_settings(clients: Clients, contract: ServiceContract) -> HealthSettings | None:
    if not contract.target_groups:
        return None
    # Both target groups of a service have the same settings.
    arn = contract.target_groups[0]
    [group] = clients.elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    delay = deregistration_delay(clients.elbv2, arn)
    return HealthSettings(group["HealthCheckIntervalSeconds"], group["HealthyThresholdCount"], delay)


def _how(rounds: int, health: HealthSettings | None, settings: DeploymentSettings) -> str:
    lots = "all tasks at once" if rounds == 1 else f"{rounds} rounds of tasks"
    if health is None:
        return f"{lots}, no load balancer; bake time {settings.bake_minutes} min{_alarms(settings)}"
    return (
        f"{lots}; soonest one health check every {health.interval} s, latest the grace period of {settings.grace_seconds} s and"
        f" {health.threshold} checks; then deregistration delay {health.deregistration_delay} s"
        f" and bake time {settings.bake_minutes} min{_alarms(settings)}"
    )


def _alarms(settings: DeploymentSettings) -> str:
    """ECS computes a bake time of its own for deployment alarms, and does not say how long it is:
    docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html."""
    if settings.bake_minutes or not settings.alarms:
        return ""
    return ", then ECS watches the deployment alarms for some minutes of its own choice"
