"""The alarms of every service, load balancer and database."""

from __future__ import annotations

from typing import Any

from sandbox.emulator.cloudwatch import query
from tests.infra.alarms import paging, services
from tests.infra.declared import declared
from tests.infra.mocked import Declared, Recording, one_service

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DEPLOYMENT = ("release-errors", "release-unhealthy")
MOST_METRICS = 10
"""docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""


def queries(alarm: Declared) -> list[dict[str, Any]]:
    """As the API takes them."""
    made = []
    for each in alarm.inputs["metricQueries"]:
        sent: dict[str, Any] = {"Id": each["id"], "ReturnData": each.get("returnData", False)}
        if "metric" in each:
            metric = {"Namespace": each["metric"]["namespace"], "MetricName": each["metric"]["metricName"]}
            sent["MetricStat"] = {"Metric": metric, "Stat": each["metric"]["stat"]}
        else:
            sent["Expression"] = each["expression"]
        made.append(sent)
    return made


def test_every_service_has_every_alarm(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    names = {alarm.inputs["name"] for alarm in recording.of(ALARM)}
    kinds = ("down", "down-lead", "down-cto", "errors", "errors-lead", "slow", "tasks-missing", *DEPLOYMENT)
    assert {f"axonflow-{stack}-{service}-{kind}" for service in services(recording) for kind in kinds} <= names
    database = ("down", "down-lead", "down-cto", "connections", "cpu", "disk", "slow-queries")
    assert {f"axonflow-{stack}-database-{kind}" for kind in database} <= names
    assert f"axonflow-{stack}-public-lb-5xx" in names


def test_every_alarm_is_one_that_cloudwatch_takes(platform: tuple[str, Recording]) -> None:
    for alarm in platform[1].of(ALARM):
        parsed = query.parse("eu-central-1", queries(alarm))
        assert sum(each.returned for each in parsed) == 1
        assert len(parsed) <= MOST_METRICS
        assert alarm.inputs["datapointsToAlarm"] <= alarm.inputs["evaluationPeriods"]


def test_alarms_measure_things_of_this_stack(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    suffix = {group.inputs.get("name", group.name) for group in recording.of("aws:lb/targetGroup:TargetGroup")}
    known = {
        "ClusterName": {f"axonflow-{stack}-cluster"},
        "ServiceName": {service.inputs["name"] for service in recording.of("aws:ecs/service:Service")},
        "DBInstanceIdentifier": {f"axonflow-{stack}-db"},
        "TargetGroup": {f"targetgroup/{name}/1" for name in suffix},
    }
    for alarm in recording.of(ALARM):
        for each in alarm.inputs["metricQueries"]:
            for name, value in each.get("metric", {}).get("dimensions", {}).items():
                assert name == "LoadBalancer" or value in known[name], f"{alarm.name}: {name} {value}"


def test_ecs_rolls_back_on_the_deployment_alarms_and_they_send_no_notification(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for service in recording.of("aws:ecs/service:Service"):
        names = [f"axonflow-{stack}-{service.name}-{kind}" for kind in DEPLOYMENT]
        assert service.inputs["alarms"] == {"enable": True, "rollback": True, "alarmNames": names}
        for alarm in recording.of(ALARM):
            assert bool(alarm.inputs.get("alarmActions")) == (not alarm.name.endswith(DEPLOYMENT)), alarm.name


def test_alarms_say_what_to_run_first(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for alarm in filter(paging, recording.of(ALARM)):
        text = alarm.inputs["alarmDescription"]
        assert text.split(":")[0] in ("P0", "P1", "P2", "LEAD", "CTO")
        assert "First: " in text
        assert stack in text or f"axonflow-{stack}-db" in text
        assert " ENV" not in text
        assert " IT" not in text


def test_the_contract_waits_for_monitoring(platform: tuple[str, Recording]) -> None:
    for parameter in platform[1].of("aws:ssm/parameter:Parameter"):
        if not parameter.name.startswith("contract/"):
            continue
        assert any("alarm" in urn.lower() for urn in parameter.depends_on)


def test_a_threshold_changes_one_kind_of_alarm() -> None:
    config = one_service()
    before = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    config["axonflow:platform"]["alarms"] = {"slow_ms": 250}
    after = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    assert {name for name in before if before[name] != after[name]} == {name for name in before if name.endswith("-slow")}


def test_a_window_in_the_stack_file_changes_one_alarm_and_keeps_the_escalation() -> None:
    config = one_service()
    before = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    windows = {"errors": {"period": 300, "evaluation_periods": 3, "datapoints_to_alarm": 2}}
    config["axonflow:platform"]["alarms"] = {"windows": windows}
    after = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    assert {name for name in before if before[name] != after[name]} == {"agent-errors", "agent-errors-lead"}
    assert [evaluated(after[name]) for name in ("agent-errors", "agent-errors-lead")] == [(300, 3, 2), (300, 3, 3)]


def evaluated(alarm: dict[str, Any]) -> tuple[int, int, int]:
    [period] = {each["metric"]["period"] for each in alarm["metricQueries"] if "metric" in each}
    return period, alarm["evaluationPeriods"], alarm["datapointsToAlarm"]


def test_the_windows_are_those_of_the_runbook(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    found = {alarm.name: evaluated(alarm.inputs) for alarm in recording.of(ALARM)}
    assert {name: window for name, window in found.items() if name.startswith(("agent", "public", "database"))} == {
        "agent-release-errors": (60, 2, 2),
        "agent-release-unhealthy": (60, 4, 4),
        "agent-down": (60, 3, 3),
        "agent-down-lead": (60, 15, 15),
        "agent-down-cto": (60, 30, 30),
        "agent-errors": (60, 5, 3),
        "agent-errors-lead": (60, 15, 15),
        "agent-slow": (60, 5, 5),
        "agent-tasks-missing": (60, 15, 15),
        "public-lb-5xx": (60, 5, 3),
        "public-lb-5xx-lead": (60, 15, 15),
        "database-down": (60, 5, 5),
        "database-down-lead": (60, 15, 15),
        "database-down-cto": (60, 30, 30),
        "database-connections": (60, 5, 5),
        "database-cpu": (60, 5, 5),
        "database-disk": (60, 5, 5),
        "database-slow-queries": (300, 1, 1),
    }
