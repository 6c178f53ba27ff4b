"""Sets the minimum and maximum capacity of autoscaling.

infra registers each service with a minimum of 0, because AWS moves a count into its bounds at once, which would start tasks of
a template that has no image (docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html). It
never writes to a target again: the provider sends bounds and suspension with every change, and those would be the ones that
Pulumi's state remembers. So the first release sets the bounds that the contract wants once it is live, and whatever brings the
newest template brings changed ones. Nothing else is sent: whether scaling is suspended is the operators'.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import map_parallel
from appdeploy.model.contract import ServiceContract
from appdeploy.model.events import CapacityBoundsFailed, CapacityBoundsSet, Emit
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.plan import ReleasePlan, ServicePlan
from appdeploy.scaling.target import DIMENSION, NAMESPACE, TARGETS_A_CALL, resource_of

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient


def apply_capacity_bounds(
    autoscaling: ApplicationAutoScalingClient, plan: ReleasePlan, results: Iterable[ServiceResult], emit: Emit
) -> None:
    """Set the contract's bounds where they differ: one call per fifty services, and one for each that differs.

    Bounds that cannot be set are only reported: the service runs, and the next `sync` tries again.
    """
    services = list(_concerned(plan, results))
    for start in range(0, len(services), TARGETS_A_CALL):
        chunk = services[start : start + TARGETS_A_CALL]
        try:
            present = _bounds(autoscaling, chunk)
        except AwsError as error:
            for service in chunk:
                emit(CapacityBoundsFailed(service.name, explain(error)))
            continue
        changed = [service for service in chunk if present.get(resource_of(service)) != _wanted(service)]
        for event in map_parallel(lambda service: _set(autoscaling, service), changed):
            emit(event)


def _concerned(plan: ReleasePlan, results: Iterable[ServiceResult]) -> Iterable[ServiceContract]:
    """The services that are live and had their first release just now, or take the newest template."""
    well = {result.service for result in results if result.outcome in (Outcome.LIVE, Outcome.UNCHANGED)}
    for service in plan.services:
        first = isinstance(service, ServicePlan) and service.first
        released = first or service.previous.version is not None
        if service.contract.scaling and service.contract.name in well and released and (first or plan.brings_template):
            yield service.contract


def _wanted(service: ServiceContract) -> tuple[int, int]:
    assert service.scaling is not None, "a service without bounds is not concerned"
    return service.scaling.minimum, service.scaling.maximum


def _bounds(autoscaling: ApplicationAutoScalingClient, services: list[ServiceContract]) -> dict[str, tuple[int, int]]:
    resources = [resource_of(service) for service in services]
    reply = autoscaling.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=resources, ScalableDimension=DIMENSION
    )
    return {target["ResourceId"]: (target["MinCapacity"], target["MaxCapacity"]) for target in reply["ScalableTargets"]}


def _set(autoscaling: ApplicationAutoScalingClient, service: ServiceContract) -> CapacityBoundsSet | CapacityBoundsFailed:
    minimum, maximum = _wanted(service)
    try:
        # To set the same bounds again changes nothing, so that a lost answer may be asked for again.
        autoscaling.register_scalable_target(
            ServiceNamespace=NAMESPACE,
            ResourceId=resource_of(service),
            ScalableDimension=DIMENSION,
            MinCapacity=minimum,
            MaxCapacity=maximum,
        )
    except AwsError as error:
        return CapacityBoundsFailed(service.name, explain(error))
    return CapacityBoundsSet(service.name, minimum, maximum)
