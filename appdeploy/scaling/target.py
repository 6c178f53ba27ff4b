"""A service's scalable target: its bounds, its policies, and whether it is suspended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appdeploy.model.contract import ServiceContract

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef, ScalingPolicyTypeDef

NAMESPACE: Final = "ecs"
DIMENSION: Final = "ecs:service:DesiredCount"
TARGETS_A_CALL = 50
"""Most resource ids in one DescribeScalableTargets (API reference of Application Auto Scaling)."""


@dataclass(frozen=True)
class Target:
    """A service's scalable target."""

    minimum: int
    maximum: int
    suspended: bool
    """Whether policies are suspended in both directions (docs.aws.amazon.com/autoscaling/application/userguide/
    application-auto-scaling-suspend-resume-scaling.html). Infrastructure declares no scheduled actions."""

    @classmethod
    def from_reply(cls, reply: ScalableTargetTypeDef) -> Target:
        """Read one target of DescribeScalableTargets' reply."""
        suspended = reply.get("SuspendedState", {})
        both = (suspended.get("DynamicScalingInSuspended", False), suspended.get("DynamicScalingOutSuspended", False))
        return cls(reply["MinCapacity"], reply["MaxCapacity"], all(both))


def resource_of(service: ServiceContract) -> str:
    """`service/<cluster>/<service>`: the end of the service's ARN."""
    return service.service.split(":", 5)[5]


def read_targets(autoscaling: ApplicationAutoScalingClient, services: Sequence[ServiceContract]) -> dict[str, Target]:
    """The scalable targets of these services, by short name. One call per fifty. Errors of the SDK are raised."""
    found: dict[str, Target] = {}
    scaled = {resource_of(service): service.name for service in services if service.scaling}
    resources = list(scaled)
    for start in range(0, len(resources), TARGETS_A_CALL):
        reply = autoscaling.describe_scalable_targets(
            ServiceNamespace=NAMESPACE, ResourceIds=resources[start : start + TARGETS_A_CALL], ScalableDimension=DIMENSION
        )
        found.update((scaled[item["ResourceId"]], Target.from_reply(item)) for item in reply["ScalableTargets"])
    return found


def read_policies(autoscaling: ApplicationAutoScalingClient, service: ServiceContract) -> tuple[str, ...]:
    """The scaling policies, in words: `ECSServiceAverageCPUUtilization at 60`. Errors of the SDK are raised."""
    reply = autoscaling.describe_scaling_policies(
        ServiceNamespace=NAMESPACE, ResourceId=resource_of(service), ScalableDimension=DIMENSION
    )
    return tuple(_policy(policy) for policy in reply["ScalingPolicies"])


def set_suspended(autoscaling: ApplicationAutoScalingClient, service: ServiceContract, suspended: bool) -> None:
    """Suspend the policies in both directions, or resume them.

    The call is idempotent, so that the SDK may repeat it. Errors of the SDK are raised.
    """
    autoscaling.register_scalable_target(
        ServiceNamespace=NAMESPACE,
        ResourceId=resource_of(service),
        ScalableDimension=DIMENSION,
        SuspendedState={"DynamicScalingInSuspended": suspended, "DynamicScalingOutSuspended": suspended},
    )


def _policy(policy: ScalingPolicyTypeDef) -> str:
    followed = policy.get("TargetTrackingScalingPolicyConfiguration")
    if followed is None:
        return policy["PolicyName"]
    predefined = followed.get("PredefinedMetricSpecification")
    metric = predefined["PredefinedMetricType"] if predefined else policy["PolicyName"]
    return f"{metric} at {followed['TargetValue']:g}"
