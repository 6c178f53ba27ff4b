"""Autoscaling of one service: the bounds of its count, and the targets that move it.

The minimum is registered as 0 and then left alone: AWS moves a count into its bounds at once, and before the first release
there is no image to run. The release tool sets the wanted one. Suspension is the operators' own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import pulumi
from pulumi_aws import appautoscaling as scaling

from infra.component import Component
from infra.scaling_settings import ScalingSettings

_Followed: TypeAlias = scaling.PolicyTargetTrackingScalingPolicyConfigurationArgsDict

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"
OUT_SECONDS = 60
"""Load goes up faster than down: tasks are added each minute while it does, and taken away after five quiet ones."""
IN_SECONDS = 300

REQUESTS = "SUM([FILL(first, 0), FILL(second, 0)]) / tasks"
"""Requests per task and minute, whichever of the two target groups serves: AWS's own metric, requests per target of one group,
is empty for a service that a deployment has moved to the other one
(docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html)."""


@dataclass(frozen=True, kw_only=True)
class AutoscalingArgs:
    """The service, its load balancer's names in metrics, and between which bounds it is scaled."""

    settings: ScalingSettings
    cluster: str
    service: str
    load_balancer: pulumi.Input[str]
    """The end of its ARN, as metrics name it."""
    target_groups: tuple[pulumi.Input[str], pulumi.Input[str]]
    """Likewise."""


class Autoscaling(Component):
    """A scalable target with a policy for each thing that may run short."""

    TYPE = "axonflow:platform:Autoscaling"

    def __init__(
        self, name: str, args: AutoscalingArgs, after: pulumi.Resource, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """`after` is the service: AWS knows it before anything is said about its count."""
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
            opts=self.child(ignore_changes=["minCapacity", "suspendedState"], depends_on=[after]),
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


def _policies(args: AutoscalingArgs) -> Iterator[tuple[str, _Followed]]:
    """What each policy is called, and what it follows."""
    settings = args.settings
    cooldowns = {"scale_in_cooldown": IN_SECONDS, "scale_out_cooldown": OUT_SECONDS}
    for what, metric, percent in (
        ("cpu", "ECSServiceAverageCPUUtilization", settings.cpu_percent),
        ("memory", "ECSServiceAverageMemoryUtilization", settings.memory_percent),
    ):
        followed = {"predefined_metric_specification": {"predefined_metric_type": metric}}
        yield what, cast(_Followed, {"target_value": percent, **followed, **cooldowns})
    measured = {"customized_metric_specification": {"metrics": _queries(args)}}
    yield "requests", cast(_Followed, {"target_value": settings.requests_per_task, **measured, **cooldowns})


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
    told = [{"name": key, "value": value} for key, value in dimensions.items()]
    measured = {"namespace": namespace, "metric_name": metric, "dimensions": told}
    return {"id": name, "metric_stat": {"metric": measured, "stat": stat}, "return_data": False}
