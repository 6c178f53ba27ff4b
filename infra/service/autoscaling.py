"""Autoscaling of one service: its scalable target, and its target tracking policies.

The minimum capacity is registered as 0: AWS raises a count to its minimum at once, and before the first release there is no
image to run. The target is never written again: the provider sends its bounds and its suspension together, those that are
ignored as the state remembers them (github.com/pulumi/pulumi-aws/issues/2524), which would undo a release and a hold. The
release tool sets both bounds of the contract. Operators own the suspended state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pulumi
from pulumi_aws import appautoscaling as scaling

from infra.core.component import Component
from infra.service.settings import ScalingSettings

_Configuration: TypeAlias = scaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"
SCALE_OUT_COOLDOWN_SECONDS = 60
"""Load goes up faster than down: tasks are added each minute, and removed after five minutes."""
SCALE_IN_COOLDOWN_SECONDS = 300

REQUESTS = "SUM([FILL(first, 0), FILL(second, 0)]) / tasks"
"""Requests per task and minute, whichever of the two target groups serves: AWS's own metric, requests per target of one group,
is empty for a service that a deployment has moved to the other one
(docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html)."""


@dataclass(frozen=True, kw_only=True)
class AutoscalingArgs:
    """The service, its dimension values in metrics, and its capacity."""

    settings: ScalingSettings
    cluster: str
    service: str
    load_balancer: pulumi.Input[str]
    """The end of its ARN, its dimension value in metrics."""
    target_groups: tuple[pulumi.Input[str], pulumi.Input[str]]
    """Likewise."""


class Autoscaling(Component):
    """A scalable target with a policy for CPU, memory and requests."""

    TYPE = "axonflow:platform:Autoscaling"

    def __init__(
        self, name: str, args: AutoscalingArgs, service: pulumi.Resource, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`service` has to exist before its scalable target."""
        super().__init__(name, opts)
        target = scaling.Target(
            name,
            service_namespace=NAMESPACE,
            scalable_dimension=DIMENSION,
            resource_id=f"service/{args.cluster}/{args.service}",
            min_capacity=0,
            max_capacity=args.settings.maximum,
            suspended_state=scaling.TargetSuspendedStateArgs(
                dynamic_scaling_in_suspended=False, dynamic_scaling_out_suspended=False, scheduled_scaling_suspended=False
            ),
            opts=self.child(ignore_changes=["minCapacity", "maxCapacity", "suspendedState"], depends_on=[service]),
        )
        for what, configuration in _policies(args):
            scaling.Policy(
                f"{name}-{what}",
                name=f"{args.service}-{what}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                scalable_dimension=target.scalable_dimension,
                resource_id=target.resource_id,
                target_tracking_scaling_policy_configuration=configuration,
                opts=self.child(),
            )
        self.register_outputs({})


def _policies(args: AutoscalingArgs) -> Iterator[tuple[str, _Configuration]]:
    """The name and configuration of each policy."""
    settings = args.settings
    cooldowns = {"scale_in_cooldown": SCALE_IN_COOLDOWN_SECONDS, "scale_out_cooldown": SCALE_OUT_COOLDOWN_SECONDS}
    for what, metric, percent in (
        ("cpu", "ECSServiceAverageCPUUtilization", settings.cpu_percent),
        ("memory", "ECSServiceAverageMemoryUtilization", settings.memory_percent),
    ):
        predefined = {"predefined_metric_specification": {"predefined_metric_type": metric}}
        yield what, cast(_Configuration, {"target_value": percent, **predefined, **cooldowns})
    customized = {"customized_metric_specification": {"metrics": _queries(args)}}
    yield "requests", cast(_Configuration, {"target_value": settings.requests_per_task, **customized, **cooldowns})


def _queries(args: AutoscalingArgs) -> list[dict[str, Any]]:
    requests = ("AWS/ApplicationELB", "RequestCount", "Sum")
    first, second = ({"LoadBalancer": args.load_balancer, "TargetGroup": group} for group in args.target_groups)
    service = {"ClusterName": args.cluster, "ServiceName": args.service}
    return [
        _query("first", *requests, first),
        _query("second", *requests, second),
        _query("tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average", service),
        {"id": "per_task", "expression": REQUESTS, "return_data": True},
    ]


def _query(name: str, namespace: str, metric: str, stat: str, dimensions: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
    sent = [{"name": key, "value": value} for key, value in dimensions.items()]
    queried = {"namespace": namespace, "metric_name": metric, "dimensions": sent}
    return {"id": name, "metric_stat": {"metric": queried, "stat": stat}, "return_data": False}
