"""Application Auto Scaling as far as releases and operators meet it: bounds move a count at once."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.support.emulator_scenario import Scenario
from tests.support.scaling_target import register, resource


@pytest.mark.parametrize(("bounds", "count"), [((0, 4), 2), ((3, 4), 3), ((0, 1), 1)], ids=["within", "too few", "too many"])
def test_a_count_is_moved_into_its_bounds_at_once(scenario: Scenario, bounds: tuple[int, int], count: int) -> None:
    scenario.running(desired=2)
    register(scenario, resource(scenario), MinCapacity=bounds[0], MaxCapacity=bounds[1])
    assert scenario.describe()["desiredCount"] == count
    scenario.until(lambda: len(scenario.tasks()) == count)


def test_a_registration_without_bounds_moves_a_count_that_left_them(scenario: Scenario) -> None:
    scenario.running(desired=2)
    register(scenario, resource(scenario), MinCapacity=2, MaxCapacity=4)
    scenario.update(desiredCount=1)
    register(scenario, resource(scenario))
    assert scenario.describe()["desiredCount"] == 2


def test_a_minimum_of_0_starts_no_task_of_an_unreleased_service(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    register(scenario, resource(scenario), MinCapacity=0, MaxCapacity=4)
    scenario.run(1)
    assert (scenario.describe()["desiredCount"], scenario.tasks()) == (0, [])


def test_bounds_are_kept_one_by_one_and_read_back(scenario: Scenario) -> None:
    scenario.running(desired=2)
    name = resource(scenario)
    register(scenario, name, MinCapacity=0, MaxCapacity=4, SuspendedState={"DynamicScalingInSuspended": True})
    register(scenario, name, MinCapacity=1)
    found = scenario.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[name])
    [target] = found["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    assert target["SuspendedState"]["DynamicScalingInSuspended"] is True


@pytest.mark.parametrize(
    ("bounds", "said"),
    [({"MinCapacity": 3, "MaxCapacity": 2}, "less than minimum"), ({"MinCapacity": 3}, "both minimum and maximum")],
)
def test_bounds_that_cannot_be_are_refused(scenario: Scenario, bounds: dict[str, int], said: str) -> None:
    scenario.running(desired=2)
    name = f"{resource(scenario)}"
    with pytest.raises(ClientError, match=said):
        register(scenario, name, **bounds)


def test_a_service_that_does_not_exist_is_refused(scenario: Scenario) -> None:
    with pytest.raises(ClientError, match="ECS service doesn't exist"):
        register(scenario, "service/nowhere/no one", MinCapacity=0, MaxCapacity=1)
