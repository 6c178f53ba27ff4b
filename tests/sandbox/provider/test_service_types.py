"""What an update of an ECS service sends, and what is refused before."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.provider.aws import Aws
from sandbox.provider.resource import Refused
from sandbox.provider.types.ecs import Service

ARN = "arn:aws:ecs:eu-central-1:123456789012:service/c/s"
ON_DEMAND = [{"capacityProvider": "FARGATE", "base": 1, "weight": 100}]
STATE: dict[str, Any] = {
    "name": "s",
    "cluster": "c",
    "taskDefinition": "released:7",
    "desiredCount": 2,
    "healthCheckGracePeriodSeconds": 60,
    "capacityProviderStrategies": ON_DEMAND,
    "tagsAll": {},
}
PROGRAM = {**STATE, "taskDefinition": "template:1", "desiredCount": 0}
IGNORED = ("taskDefinition", "desiredCount")


class Recorded:
    """In the place of boto3: keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def __call__(self, service: str) -> Recorded:
        return self

    def update_service(self, **call: Any) -> None:
        self.sent.append(call)


@pytest.fixture
def ecs() -> Recorded:
    return Recorded()


def update(ecs: Any, **changes: Any) -> list[dict[str, Any]]:
    aws: Aws = ecs
    Service().apply(aws, ARN, PROGRAM, {**PROGRAM, **changes}, STATE, IGNORED)
    return list(ecs.sent)


@pytest.mark.parametrize("forced", [True, False])
def test_every_update_says_whether_it_is_to_deploy(ecs: Recorded, forced: bool) -> None:
    """Also one that changes a grace period alone; and what a release moved is not sent."""
    state = {**STATE, "forceNewDeployment": forced}
    aws: Any = ecs
    new = {**PROGRAM, "forceNewDeployment": forced, "healthCheckGracePeriodSeconds": 90}
    Service().apply(aws, ARN, {**PROGRAM, "forceNewDeployment": forced}, new, state, IGNORED)
    common = {"cluster": "c", "service": ARN, "forceNewDeployment": forced}
    assert ecs.sent == [{**common, "healthCheckGracePeriodSeconds": 90}]


def test_nothing_is_sent_for_what_a_release_moved(ecs: Recorded) -> None:
    assert update(ecs) == []


def test_another_strategy_is_refused_at_preview_without_the_flag() -> None:
    spot = [*ON_DEMAND, {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 50}]
    with pytest.raises(Refused, match="forceNewDeployment should be true"):
        Service().diff(PROGRAM, STATE, {**PROGRAM, "capacityProviderStrategies": spot}, IGNORED)
    forced = {**PROGRAM, "capacityProviderStrategies": spot, "forceNewDeployment": True}
    assert {each.key for each in Service().diff(PROGRAM, STATE, forced, IGNORED).differences} == {
        "capacityProviderStrategies",
        "forceNewDeployment",
    }


def test_the_order_of_strategies_is_no_difference() -> None:
    both = [*ON_DEMAND, {"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 50}]
    state = {**STATE, "capacityProviderStrategies": list(reversed(both))}
    new = {**PROGRAM, "capacityProviderStrategies": both}
    assert Service().diff(new, state, new, IGNORED).differences == []
