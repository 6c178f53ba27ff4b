"""Target tracking: counts that follow metrics, between bounds, with cooldowns, and not at all while it is suspended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.cloudwatch.series import Series
from sandbox.emulator.tracking import IN_MINUTES, OUT_MINUTES
from tests.support.emulator_scenario import Scenario
from tests.support.scaling_target import WHAT, register, resource

CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
MEMORY = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}}


@pytest.fixture
def tracked(scenario: Scenario) -> Callable[..., str]:
    """Two tasks between 1 and 8 of them, followed by a policy for each metric and its target."""

    def make(*policies: dict[str, Any], desired: int = 2, **cooldowns: int) -> str:
        scenario.running(desired=desired)
        name = resource(scenario)
        register(scenario, name, MinCapacity=1, MaxCapacity=8)
        for number, policy in enumerate(policies):
            put(scenario, name, f"policy-{number}", {"TargetValue": 50.0, **cooldowns, **policy})
        return name

    return make


def put(scenario: Scenario, name: str, policy: str, configuration: dict[str, Any]) -> None:
    scenario.client("application-autoscaling").put_scaling_policy(
        **WHAT,
        ResourceId=name,
        PolicyName=policy,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def load(scenario: Scenario, percent: float, minutes: int, metric: str = "CPUUtilization") -> int:
    """So many minutes of a load; 0 leaves it to what idle tasks report. Returns the count afterwards."""
    described = scenario.describe()
    cluster = described["clusterArn"].rsplit("/", 1)[1]
    series = Series.of("eu-central-1", "AWS/ECS", metric, {"ClusterName": cluster, "ServiceName": described["serviceName"]})
    for _ in range(minutes):
        if percent:  # What idle tasks report comes on top, once a minute: enough values make it count for little.
            scenario.emulator.watch.metrics.add(series, percent, "Percent", times=1000.0)
        scenario.emulator.advance(scenario.timings.minute)
    return int(scenario.describe()["desiredCount"])


def test_three_minutes_above_the_target_scale_out_in_proportion(scenario: Scenario, tracked: Callable[..., str]) -> None:
    tracked(CPU)
    assert load(scenario, 99.0, OUT_MINUTES - 1) == 2
    assert load(scenario, 99.0, 2) == 4
    scenario.until(lambda: len(scenario.tasks()) == 4)


def test_what_was_added_counts_until_the_cooldown_is_over(scenario: Scenario, tracked: Callable[..., str]) -> None:
    tracked(CPU, ScaleOutCooldown=300)
    assert load(scenario, 99.0, OUT_MINUTES + 4) == 4
    assert load(scenario, 99.0, 3) == 8


def test_fifteen_quiet_minutes_scale_in_by_one_and_then_a_cooldown(scenario: Scenario, tracked: Callable[..., str]) -> None:
    tracked(CPU, desired=4, ScaleInCooldown=180)
    load(scenario, 48.0, 1)
    assert load(scenario, 0, IN_MINUTES - 1) == 4
    assert load(scenario, 0, 1) == 3
    assert load(scenario, 0, 2) == 3
    assert load(scenario, 0, 1) == 2


def test_it_keeps_to_the_bounds(scenario: Scenario, tracked: Callable[..., str]) -> None:
    name = tracked(CPU, ScaleInCooldown=0)
    register(scenario, name, MinCapacity=2, MaxCapacity=3)
    assert load(scenario, 0, IN_MINUTES + 3) == 2
    assert load(scenario, 400.0, OUT_MINUTES + 1) == 3


def test_a_service_at_its_minimum_stays_in_the_steady_state_that_it_reached(
    scenario: Scenario, tracked: Callable[..., str]
) -> None:
    """Else the event of it comes every minute, and pushes what matters out of the last hundred."""
    register(scenario, tracked(CPU, ScaleInCooldown=0), MinCapacity=2, MaxCapacity=3)
    assert load(scenario, 0, IN_MINUTES + 10) == 2
    assert sum("steady state" in event for event in scenario.events()) == 1


def test_one_policy_is_enough_to_scale_out_and_all_are_needed_to_scale_in(
    scenario: Scenario, tracked: Callable[..., str]
) -> None:
    tracked(CPU, {**MEMORY, "TargetValue": 26.0}, desired=3, ScaleInCooldown=0)
    assert load(scenario, 0, IN_MINUTES + 3) == 3, "memory is at 25 %, and that is not below nine tenths of its target"
    assert load(scenario, 99.0, OUT_MINUTES + 1) == 6


@pytest.mark.parametrize(
    ("suspended", "out", "inwards"), [("DynamicScalingOutSuspended", 3, 2), ("DynamicScalingInSuspended", 6, 3)]
)
def test_each_direction_is_suspended_on_its_own(
    scenario: Scenario, tracked: Callable[..., str], suspended: str, out: int, inwards: int
) -> None:
    name = tracked(CPU, desired=3)
    register(scenario, name, SuspendedState={suspended: True})
    before = scenario.emulator.snapshot()
    assert load(scenario, 99.0, OUT_MINUTES + 1) == out
    scenario.emulator.restore(before)
    assert load(scenario, 0, IN_MINUTES) == inwards


def test_no_data_scales_nothing_in(scenario: Scenario, tracked: Callable[..., str]) -> None:
    name = tracked()
    queries = [
        {
            "Id": "m",
            "MetricStat": {"Metric": {"Namespace": "Ours", "MetricName": "Never", "Dimensions": []}, "Stat": "Sum"},
        }
    ]
    put(scenario, name, "never", {"TargetValue": 1.0, "CustomizedMetricSpecification": {"Metrics": queries}})
    assert load(scenario, 0, IN_MINUTES + 3) == 2


def test_metric_math_is_followed(scenario: Scenario, tracked: Callable[..., str]) -> None:
    """As the infrastructure declares it: requests of both target groups, whichever serves, for each task."""
    name = tracked()
    metric = {"Namespace": "Ours", "MetricName": "Requests", "Dimensions": []}
    queries = [
        {"Id": "first", "MetricStat": {"Metric": metric, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "per_task", "Expression": "SUM([FILL(first, 0), FILL(first, 0)]) / 2", "ReturnData": True},
    ]
    put(scenario, name, "requests", {"TargetValue": 100.0, "CustomizedMetricSpecification": {"Metrics": queries}})
    for _ in range(OUT_MINUTES + 1):
        scenario.emulator.watch.metrics.add(Series.of("eu-central-1", "Ours", "Requests", {}), 150.0, "Count")
        scenario.emulator.advance(scenario.timings.minute)
    assert scenario.describe()["desiredCount"] == 3


def test_a_metric_that_it_does_not_follow_is_refused(scenario: Scenario, tracked: Callable[..., str]) -> None:
    other = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}}
    with pytest.raises(ClientError, match="the sandbox follows"):
        tracked(other)


def test_an_expression_that_is_not_computed_is_refused(scenario: Scenario, tracked: Callable[..., str]) -> None:
    queries = [{"Id": "rate", "Expression": "RATE(no one)", "ReturnData": True}]
    with pytest.raises(ClientError, match="does not compute RATE"):
        tracked({"CustomizedMetricSpecification": {"Metrics": queries}})
