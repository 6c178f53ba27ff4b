"""Autoscaling: bounds that start no task before the first release, and what a count follows."""

from __future__ import annotations

from appdeploy.model.contract import ServiceContract
from tests.infra.declared import declared
from tests.infra.mocked import Recording, one_service, stack_settings

TARGET = "aws:appautoscaling/target:Target"
POLICY = "aws:appautoscaling/policy:Policy"
STACKS = ("staging", "production")


def test_every_service_is_registered_with_a_minimum_of_0_and_is_left_alone(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    services = stack_settings(stack)["axonflow:platform"]["services"]
    targets = {target.name: target for target in recording.of(TARGET)}
    assert set(targets) == set(services)
    for name, target in targets.items():
        assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (0, services[name]["scaling"]["maximum"])
        assert set(target.ignores) == {"minCapacity", "maxCapacity", "suspendedState"}
        assert target.inputs["resourceId"] == f"service/axonflow-{stack}-cluster/axonflow-{stack}-{name}-service"
        assert any(urn.endswith(f"aws:ecs/service:Service::{name}") for urn in target.depends_on)


def test_the_contract_has_the_minimum_and_maximum_for_releases(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for name, settings in stack_settings(stack)["axonflow:platform"]["services"].items():
        written = recording.one("aws:ssm/parameter:Parameter", f"contract/services/{name}").inputs["insecureValue"]
        scaling = ServiceContract.parse(written).scaling
        assert scaling is not None
        assert (scaling.minimum, scaling.maximum) == (settings["scaling"]["minimum"], settings["scaling"]["maximum"])


def test_a_count_follows_cpu_memory_and_the_requests_of_both_target_groups(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for name in stack_settings(stack)["axonflow:platform"]["services"]:
        followed = {
            what: recording.one(POLICY, f"{name}-{what}").inputs["targetTrackingScalingPolicyConfiguration"]
            for what in ("cpu", "memory", "requests")
        }
        assert (followed["cpu"]["targetValue"], followed["memory"]["targetValue"]) == (60, 75)
        queries = {query["id"]: query for query in followed["requests"]["customizedMetricSpecification"]["metrics"]}
        groups = {
            dimension["value"]
            for query in ("first", "second")
            for dimension in queries[query]["metricStat"]["metric"]["dimensions"]
            if dimension["name"] == "TargetGroup"
        }
        assert len(groups) == 2
        assert [query["id"] for query in queries.values() if query["returnData"]] == ["per_task"]


def test_a_service_without_scaling_has_none_and_the_contract_says_so() -> None:
    config = one_service()
    del config["axonflow:platform"]["services"]["agent"]["scaling"]
    recording = declared("staging", config)
    assert "agent" not in {target.name for target in recording.of(TARGET)}
    written = recording.one("aws:ssm/parameter:Parameter", "contract/services/agent").inputs["insecureValue"]
    assert ServiceContract.parse(written).scaling is None
