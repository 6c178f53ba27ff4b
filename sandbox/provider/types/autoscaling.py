"""Application Auto Scaling: what may be scaled between which bounds, and by what."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType, known
from sandbox.provider.shape import LEAF
from sandbox.provider.types.casing import lowered, raised

_WHAT = {"serviceNamespace": "ServiceNamespace", "resourceId": "ResourceId", "scalableDimension": "ScalableDimension"}
_SUSPENDED = {"dynamicScalingInSuspended": LEAF, "dynamicScalingOutSuspended": LEAF, "scheduledScalingSuspended": LEAF}


class Target(ResourceType):
    """Its id is the resource's, as in the real provider."""

    token = "aws:appautoscaling/target:Target"
    inputs = {
        **dict.fromkeys(_WHAT, LEAF),
        "minCapacity": LEAF,
        "maxCapacity": LEAF,
        "roleArn": LEAF,
        "suspendedState": _SUSPENDED,
    }
    tagger = tagging.AUTOSCALING

    def create(self, aws: Aws, inputs: Properties) -> str:
        self._register(aws, inputs, Tags=inputs["tagsAll"])
        return str(inputs["resourceId"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        """All four, whatever changed: what the program ignores or leaves out goes back to what the state remembers."""
        self._register(aws, new)

    @staticmethod
    def _register(aws: Aws, inputs: Properties, **more: Any) -> None:
        values: dict[str, Any] = raised(known(inputs, "minCapacity", "maxCapacity", "suspendedState"))
        role = {"RoleARN": inputs["roleArn"]} if inputs.get("roleArn") else {}
        aws("application-autoscaling").register_scalable_target(**_what(inputs), **values, **role, **more)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        what = _what(state)
        found = aws("application-autoscaling").describe_scalable_targets(
            ServiceNamespace=what["ServiceNamespace"],
            ResourceIds=[what["ResourceId"]],
            ScalableDimension=what["ScalableDimension"],
        )["ScalableTargets"]
        if not found:
            return None
        bounds = {name: found[0][name[0].upper() + name[1:]] for name in ("minCapacity", "maxCapacity")}
        arn, role = found[0]["ScalableTargetARN"], found[0]["RoleARN"]
        return {
            **{name: found[0][key] for name, key in _WHAT.items()},
            **bounds,
            "arn": arn,
            "roleArn": role,
            **_suspended(found[0]),
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        or_none(lambda: aws("application-autoscaling").deregister_scalable_target(**_what(state)))


class Policy(ResourceType):
    """A target tracking policy."""

    token = "aws:appautoscaling/policy:Policy"
    _METRICS = {
        "id": LEAF,
        "label": LEAF,
        "expression": LEAF,
        "returnData": LEAF,
        "metricStat": {
            "metric": {"metricName": LEAF, "namespace": LEAF, "dimensions": {"name": LEAF, "value": LEAF}},
            "stat": LEAF,
        },
    }
    inputs = {
        **dict.fromkeys(_WHAT, LEAF),
        "name": LEAF,
        "policyType": LEAF,
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": LEAF,
            "scaleInCooldown": LEAF,
            "scaleOutCooldown": LEAF,
            "predefinedMetricSpecification": {"predefinedMetricType": LEAF},
            "customizedMetricSpecification": {"metrics": _METRICS},
        },
    }

    def create(self, aws: Aws, inputs: Properties) -> str:
        self._put(aws, inputs)
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        self._put(aws, new)

    @staticmethod
    def _put(aws: Aws, inputs: Properties) -> None:
        aws("application-autoscaling").put_scaling_policy(
            PolicyName=inputs["name"],
            PolicyType=inputs["policyType"],
            TargetTrackingScalingPolicyConfiguration=raised(inputs["targetTrackingScalingPolicyConfiguration"]),
            **_what(inputs),
        )

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = aws("application-autoscaling").describe_scaling_policies(**_what(state))["ScalingPolicies"]
        policy = next((item for item in found if item["PolicyName"] == identifier), None)
        if policy is None:
            return None
        return {
            **{name: policy[key] for name, key in _WHAT.items()},
            "name": identifier,
            "arn": policy["PolicyARN"],
            "policyType": policy["PolicyType"],
            "targetTrackingScalingPolicyConfiguration": lowered(policy["TargetTrackingScalingPolicyConfiguration"]),
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        or_none(lambda: aws("application-autoscaling").delete_scaling_policy(PolicyName=identifier, **_what(state)))


def _what(properties: Properties) -> dict[str, str]:
    return {key: properties[name] for name, key in _WHAT.items()}


def _suspended(target: dict[str, Any]) -> Properties:
    return {"suspendedState": lowered(target["SuspendedState"])} if target.get("SuspendedState") else {}
