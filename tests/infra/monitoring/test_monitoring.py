"""What watches the platform, as the program declares it for both real stack files."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from infra.monitoring.settings import AlarmSettings
from sandbox.emulator.cloudwatch import query
from tests.infra.declared import as_declared, declared
from tests.infra.mocked import Declared, Recording, stack_settings

STACKS = ("staging", "production")
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
DEPLOYMENT = ("release-errors", "release-unhealthy")
MOST_METRICS = 10
"""docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""


@pytest.fixture(scope="module", params=STACKS)
def platform(request: pytest.FixtureRequest) -> tuple[str, Recording]:
    return request.param, as_declared(request.param)


def services(recording: Recording) -> list[str]:
    return [service.name for service in recording.of("aws:ecs/service:Service")]


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


def test_ecs_looks_at_the_deployment_alarms_and_nobody_is_paged_by_them(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for service in recording.of("aws:ecs/service:Service"):
        names = [f"axonflow-{stack}-{service.name}-{kind}" for kind in DEPLOYMENT]
        assert service.inputs["alarms"] == {"enable": True, "rollback": True, "alarmNames": names}
        for alarm in recording.of(ALARM):
            assert bool(alarm.inputs.get("alarmActions")) == (not alarm.name.endswith(DEPLOYMENT)), alarm.name


def test_severities_and_steps_of_the_escalation_have_their_own_topic(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    topics = {topic.name: topic.inputs for topic in recording.of("aws:sns/topic:Topic")}
    assert {name: topic["name"] for name, topic in topics.items()} == {
        name: f"axonflow-{stack}-{name}" for name in ("p0", "p1", "p2", "lead", "cto", "releases")
    }
    assert all(topic["kmsMasterKeyId"] for topic in topics.values())
    told = {alarm.name: alarm.inputs["alarmActions"][0].rsplit(":", 1)[1] for alarm in recording.of(ALARM) if paging(alarm)}
    assert {told[name] for name in ("agent-down", "database-down")} == {"p0"}
    assert {told[name] for name in ("agent-errors", "public-lb-5xx")} == {"p1"}
    assert {told[name] for name in ("agent-slow", "agent-tasks-missing", "database-cpu")} == {"p2"}
    assert {told[name] for name in ("agent-down-lead", "agent-errors-lead")} == {"lead"}
    assert {name for name, topic in told.items() if topic == "cto"} == {
        *(f"{service}-down-cto" for service in services(recording)),
        "database-down-cto",
    }


def paging(alarm: Declared) -> bool:
    return bool(alarm.inputs.get("alarmActions"))


def test_alarms_say_what_to_run_first(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for alarm in filter(paging, recording.of(ALARM)):
        text = alarm.inputs["alarmDescription"]
        assert text.split(":")[0] in ("P0", "P1", "P2", "LEAD", "CTO")
        assert "First: " in text
        assert stack in text or f"axonflow-{stack}-db" in text
        assert " ENV" not in text
        assert " IT" not in text


def test_only_alarms_and_rules_of_this_account_may_tell(platform: tuple[str, Recording]) -> None:
    for policy in platform[1].of("aws:sns/topicPolicy:TopicPolicy"):
        [statement] = json.loads(policy.inputs["policy"])["Statement"]
        assert statement["Action"] == "sns:Publish"
        assert statement["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    [key] = platform[1].of("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    _, publishers = json.loads(key.inputs["policy"])["Statement"]
    assert publishers["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_subscriptions_come_from_the_stack_file() -> None:
    config = stack_settings("staging")
    told = {"p0": [{"protocol": "email", "endpoint": "on-call@example.com"}], "cto": []}
    config["axonflow:platform"]["alarms"] = {"subscriptions": told}
    [made] = declared("staging", config).of("aws:sns/topicSubscription:TopicSubscription")
    assert (made.inputs["protocol"], made.inputs["endpoint"]) == ("email", "on-call@example.com")
    assert made.name.startswith("p0-email-")


def test_rules_tell_of_failed_deployments_and_bad_releases(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    failed = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "deployment-failed").inputs["eventPattern"])
    assert failed["source"] == ["aws.ecs"]
    assert failed["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}
    assert len(failed["resources"]) == len(services(recording))
    bad = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "release-failed").inputs["eventPattern"])
    assert bad["detail"]["environment"] == [stack]
    targets = {
        target.name: target.inputs["arn"].rsplit(":", 1)[1] for target in recording.of("aws:cloudwatch/eventTarget:EventTarget")
    }
    assert targets == {"deployment-failed": "p2", "release-failed": "p2", "release-events": "releases"}
    every = json.loads(recording.one("aws:cloudwatch/eventRule:EventRule", "release-events").inputs["eventPattern"])
    assert every == {"source": ["axonflow.appdeploy"], "detail": {"environment": [stack]}}


def test_the_dashboards_of_the_runbook_show_its_key_metrics(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    shown = {item.inputs["dashboardName"]: json.loads(item.inputs["dashboardBody"]) for item in recording.of(DASHBOARD)}
    database = "AxonFlow-Database" if stack == "production" else "AxonFlow-Staging-Database"
    title = stack.capitalize()
    assert set(shown) == {f"AxonFlow-{title}-Overview", f"AxonFlow-{title}-Detailed", database}
    wanted = {
        f"AxonFlow-{title}-Overview": {"RequestCount", "TargetResponseTime", "HealthyHostCount", "HTTPCode_Target_5XX_Count"},
        f"AxonFlow-{title}-Detailed": {
            *("RunningTaskCount", "DesiredTaskCount", "CPUUtilization", "MemoryUtilization", "RequestCount"),
            *("TargetResponseTime", "HealthyHostCount", "HTTPCode_Target_4XX_Count", "HTTPCode_Target_5XX_Count"),
        },
        database: {
            *("DatabaseConnections", "FreeStorageSpace", "CPUUtilization", "DBLoad"),
            f"axonflow-{stack}-slow-queries",
        },
    }
    for name, metrics in wanted.items():
        entries = [entry for widget in shown[name]["widgets"] for entry in widget["properties"]["metrics"]]
        assert metrics <= {entry[1] for entry in entries if isinstance(entry[0], str)}, name


def test_every_widget_is_in_the_grid_and_its_expressions_can_be_computed(platform: tuple[str, Recording]) -> None:
    for dashboard in platform[1].of(DASHBOARD):
        widgets = json.loads(dashboard.inputs["dashboardBody"])["widgets"]
        assert len({(widget["x"], widget["y"]) for widget in widgets}) == len(widgets)
        for widget in widgets:
            assert widget["x"] + widget["width"] <= 24
            documents = [
                {"Id": entry[0]["id"], "Expression": entry[0]["expression"]}
                if isinstance(entry[0], dict)
                else {"Id": entry[-1].get("id", "m"), "MetricStat": {"Metric": metric(entry), "Stat": entry[-1]["stat"]}}
                for entry in widget["properties"]["metrics"]
            ]
            assert query.parse("eu-central-1", documents)


def metric(entry: list[Any]) -> dict[str, str]:
    return {"Namespace": entry[0], "MetricName": entry[1]}


def test_the_contract_waits_for_what_watches(platform: tuple[str, Recording]) -> None:
    for parameter in platform[1].of("aws:ssm/parameter:Parameter"):
        if not parameter.name.startswith("contract/"):
            continue
        assert any("alarm" in urn.lower() for urn in parameter.depends_on)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"lead_minutes": 30, "cto_minutes": 30}, "cto_minutes 30 has to be more than lead_minutes 30"),
        ({"subscriptions": {"p0": [{"protocol": "email", "endpoint": "person"}]}}, "person is no endpoint for email"),
        ({"subscriptions": {"p3": []}}, "p0"),
        ({"error_percent": 0}, "greater than 0"),
        ({"error_share": 5}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        AlarmSettings.model_validate(settings)


def test_a_threshold_changes_one_kind_of_alarm() -> None:
    config = stack_settings("staging")
    before = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    config["axonflow:platform"]["alarms"] = {"slow_ms": 250}
    after = {alarm.name: alarm.inputs for alarm in declared("staging", config).of(ALARM)}
    assert {name for name in before if before[name] != after[name]} == {name for name in before if name.endswith("-slow")}
