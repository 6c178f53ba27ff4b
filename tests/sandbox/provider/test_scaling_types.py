"""What autoscaling's targets and policies are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

import pytest

from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws

TARGET = RESOURCE_TYPES["aws:appautoscaling/target:Target"]
POLICY = RESOURCE_TYPES["aws:appautoscaling/policy:Policy"]
WHAT = {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": "service/scaled/api"}
SUSPENDED = {"dynamicScalingInSuspended": False, "dynamicScalingOutSuspended": False, "scheduledScalingSuspended": False}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> InProcessAws:
    """With a service that has no task."""
    made = InProcessAws()
    monkeypatch.setattr("sandbox.emulator.autoscaling._existing", lambda resource: _Service())
    return made


class _Service:
    desired_count = 0


def test_a_target_reads_back_with_its_tags_and_a_change_by_hand_shows(aws: InProcessAws) -> None:
    made = aws.make(TARGET, **WHAT, minCapacity=0, maxCapacity=4, suspendedState=SUSPENDED)
    assert made.unread == set()
    assert made.live == made.inputs
    made.change(maxCapacity=6, tags={"Team": "platform"})
    assert made.live == made.inputs
    aws("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", ScalableDimension=WHAT["scalableDimension"], ResourceId=WHAT["resourceId"], MaxCapacity=9
    )
    assert made.live is not None
    assert made.live["maxCapacity"] == 9
    made.delete()
    assert made.live is None


def test_a_change_sends_all_that_the_state_remembers(aws: InProcessAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a release set since, and a suspension that an operator did, go back to what the state has of them."""
    monkeypatch.setattr(_Service, "desired_count", 2)
    ignored = ("minCapacity", "suspendedState")
    made = aws.make(TARGET, **WHAT, minCapacity=0, maxCapacity=4, suspendedState=SUSPENDED)
    state = made.state()
    aws("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ScalableDimension=WHAT["scalableDimension"],
        ResourceId=WHAT["resourceId"],
        MinCapacity=2,
        SuspendedState={"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True},
    )
    TARGET.apply(aws, made.id, made.inputs, {**made.inputs, "maxCapacity": 6}, state, ignored)
    assert made.live == {**made.inputs, "maxCapacity": 6}
    assert TARGET.planned(state, made.inputs, ignored)["roleArn"].endswith("AWSServiceRoleForApplicationAutoScaling_ECSService")


def test_a_policy_reads_back_and_is_changed_in_place(aws: InProcessAws) -> None:
    followed = {"predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    wanted = {"targetValue": 60.0, "scaleInCooldown": 300, **followed}
    made = aws.make(
        POLICY, **WHAT, name="cpu", policyType="TargetTrackingScaling", targetTrackingScalingPolicyConfiguration=wanted
    )
    assert made.live == made.inputs
    made.change(targetTrackingScalingPolicyConfiguration={**wanted, "targetValue": 50.0})
    assert made.live == made.inputs
    made.delete()
    assert made.live is None
