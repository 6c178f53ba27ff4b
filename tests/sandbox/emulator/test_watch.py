"""Metrics from the platform's own work, alarms judged from them, and who is reported."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.cloudwatch.meter import Meter, balancer_of, group_of
from sandbox.emulator.timings import Timings
from tests.sandbox.emulator.conftest import Foundation
from tests.support import aws_platform
from tests.support.alarms import put_alarm
from tests.support.emulator_scenario import Scenario, forget

MINUTE = 60.0


@pytest.fixture
def scenario(foundation: Foundation) -> Any:
    """Minutes are AWS's, so that one call of GetMetricData sees what an alarm sees."""
    made = Scenario(foundation, Timings(tick=1.0, minute=MINUTE))
    made.run(MINUTE - made.clock.now().timestamp() % MINUTE)
    yield made
    made.emulator.close()
    forget()


def traffic(scenario: Scenario, status: int, count: int, seconds: float = 0.02, group: int = 0) -> None:
    """Requests that a target answered, in the present minute."""
    meter = Meter(scenario.emulator.watch.metrics)
    for _ in range(count):
        meter.answered(scenario.balancer.listener, scenario.balancer.groups[group], status, seconds)


def dimensions(scenario: Scenario, group: int | None = 0) -> list[dict[str, str]]:
    names = {"LoadBalancer": balancer_of(scenario.balancer.listener)}
    if group is not None:
        names["TargetGroup"] = group_of(scenario.balancer.groups[group])
    return [{"Name": name, "Value": value} for name, value in names.items()]


def statistic(
    scenario: Scenario, name: str, stat: str, wanted: list[dict[str, str]], namespace: str = "AWS/ApplicationELB"
) -> Any:
    """The values of the last ten minutes, the oldest first."""
    now = scenario.clock.now()
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": wanted}
    asked = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
    found = scenario.client("cloudwatch").get_metric_data(
        MetricDataQueries=[asked], StartTime=now - timedelta(minutes=10), EndTime=now, ScanBy="TimestampAscending"
    )
    return found["MetricDataResults"][0]["Values"]


def rings(scenario: Scenario, name: str = "errors") -> str:
    found = scenario.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return str((found["MetricAlarms"] + found["CompositeAlarms"])[0]["StateValue"])


def put(scenario: Scenario, name: str = "errors", **changes: Any) -> None:
    put_alarm(scenario.client("cloudwatch"), name, **{"Dimensions": dimensions(scenario), "Threshold": 5, **changes})


def share(scenario: Scenario, expression: str) -> list[dict[str, Any]]:
    """Errors and requests, and an expression over them that is what counts."""
    named = {"errors": "HTTPCode_Target_5XX_Count", "requests": "RequestCount"}
    metrics = [
        {
            "Id": key,
            "MetricStat": {
                "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": dimensions(scenario)},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for key, name in named.items()
    ]
    return [{"Id": "share", "Expression": expression, "ReturnData": True}, *metrics]


SIMPLE = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")


def subscriber(scenario: Scenario) -> tuple[str, Any]:
    """A topic, and what has reached the queue that is subscribed to it, each time it is called."""
    topic: str = scenario.client("sns").create_topic(Name="p1")["TopicArn"]
    sqs = scenario.client("sqs")
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    scenario.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def received() -> list[Any]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in messages]

    return topic, received


def test_requests_are_counted_per_load_balancer_and_per_target_group(scenario: Scenario) -> None:
    traffic(scenario, 200, 94)
    traffic(scenario, 503, 6)
    traffic(scenario, 200, 10, group=1)
    scenario.run(MINUTE)

    sums = {
        (name, group): statistic(scenario, name, "Sum", dimensions(scenario, group))
        for name in ("RequestCount", "HTTPCode_Target_2XX_Count", "HTTPCode_Target_5XX_Count")
        for group in (0, 1, None)
    }
    assert sums == {
        ("RequestCount", 0): [100],
        ("RequestCount", 1): [10],
        ("RequestCount", None): [110],
        ("HTTPCode_Target_2XX_Count", 0): [94],
        ("HTTPCode_Target_2XX_Count", 1): [10],
        ("HTTPCode_Target_2XX_Count", None): [104],
        ("HTTPCode_Target_5XX_Count", 0): [6],
        ("HTTPCode_Target_5XX_Count", 1): [],
        ("HTTPCode_Target_5XX_Count", None): [6],
    }


def test_response_times_have_percentiles(scenario: Scenario) -> None:
    traffic(scenario, 200, 90, seconds=0.02)
    traffic(scenario, 200, 10, seconds=0.4)
    now = scenario.clock.now()
    scenario.run(MINUTE)

    assert statistic(scenario, "TargetResponseTime", "p90", dimensions(scenario)) == [0.02]
    assert statistic(scenario, "TargetResponseTime", "p95", dimensions(scenario)) == [0.4]
    found = scenario.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApplicationELB",
        MetricName="TargetResponseTime",
        Dimensions=dimensions(scenario),
        StartTime=now,
        EndTime=now + timedelta(minutes=2),
        Period=60,
        Statistics=["Average", "Maximum"],
    )
    [point] = found["Datapoints"]
    assert (point["Average"], point["Maximum"], point["Unit"]) == (pytest.approx(0.058), 0.4, "Seconds")


def test_hosts_are_counted_where_targets_are_registered(scenario: Scenario) -> None:
    scenario.running("v1", desired=2)
    traffic(scenario, 200, 10)
    scenario.run(MINUTE)

    assert statistic(scenario, "HealthyHostCount", "Minimum", dimensions(scenario))[-1:] == [2]
    assert statistic(scenario, "UnHealthyHostCount", "Maximum", dimensions(scenario))[-1:] == [0]
    assert 5 in statistic(scenario, "RequestCountPerTarget", "Sum", dimensions(scenario))
    assert statistic(scenario, "HealthyHostCount", "Minimum", dimensions(scenario, 1)) == [], "the idle group has no targets"


def test_tasks_are_counted_where_the_cluster_has_insights(scenario: Scenario) -> None:
    scenario.running("v1", desired=2)
    service = [{"Name": "ClusterName", "Value": aws_platform.CLUSTER}, {"Name": "ServiceName", "Value": aws_platform.SERVICE}]
    scenario.run(MINUTE)
    before = statistic(scenario, "RunningTaskCount", "Average", service, "ECS/ContainerInsights")
    scenario.ecs.update_cluster_settings(
        cluster=aws_platform.CLUSTER, settings=[{"name": "containerInsights", "value": "enabled"}]
    )
    scenario.run(MINUTE)

    names = ("DesiredTaskCount", "RunningTaskCount", "PendingTaskCount")
    assert before == []
    assert [statistic(scenario, name, "Average", service, "ECS/ContainerInsights") for name in names] == [[2], [2], [0]]
    assert statistic(scenario, "CPUUtilization", "Average", service, "AWS/ECS")[-1] > 0


def test_own_metrics_are_stored_and_listed(scenario: Scenario) -> None:
    cloudwatch, of = scenario.client("cloudwatch"), [{"Name": "Environment", "Value": "staging"}]
    cloudwatch.put_metric_data(
        Namespace="AxonFlow",
        MetricData=[
            {"MetricName": "Took", "Dimensions": of, "Values": [1.0, 2.0], "Counts": [3.0, 1.0], "Unit": "Seconds"},
            {"MetricName": "Took", "Dimensions": of, "Value": 5.0, "Timestamp": scenario.clock.now() - timedelta(minutes=3)},
        ],
    )
    scenario.run(MINUTE)

    assert statistic(scenario, "Took", "SampleCount", of, "AxonFlow") == [1, 4]
    assert statistic(scenario, "Took", "p50", of, "AxonFlow") == [5, 1]
    [listed] = cloudwatch.list_metrics(Namespace="AxonFlow", Dimensions=[{"Name": "Environment"}])["Metrics"]
    assert listed == {"Namespace": "AxonFlow", "MetricName": "Took", "Dimensions": of}
    with pytest.raises(ClientError, match="AWS/"):
        cloudwatch.put_metric_data(Namespace="AWS/ECS", MetricData=[{"MetricName": "CPUUtilization", "Value": 1.0}])


def test_an_alarm_follows_its_data(scenario: Scenario) -> None:
    """Errors that are not reported are missing points, beside which older ones count for a while."""
    put(scenario)
    states = [rings(scenario)]
    for errors in (0, 9, 9, 0, 0, 0):
        traffic(scenario, 500, errors)
        scenario.run(MINUTE)
        states.append(rings(scenario))

    assert states == ["INSUFFICIENT_DATA", "OK", "OK", "ALARM", "ALARM", "ALARM", "OK"]


@pytest.mark.parametrize(
    ("errors", "changes"),
    [
        pytest.param((9, 0, 9, 0, 0, 0), {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, id="some points of several"),
        pytest.param((5, 5, 5, 0, 0, 0), {"Period": 300, "EvaluationPeriods": 1, "Threshold": 14}, id="a longer period"),
    ],
)
def test_some_points_of_several_are_enough_and_a_longer_period_is_judged_every_minute(
    scenario: Scenario, errors: tuple[int, ...], changes: dict[str, int]
) -> None:
    put(scenario, **changes)
    states = []
    for count in errors:
        traffic(scenario, 500, count)
        scenario.run(MINUTE)
        states.append(rings(scenario))

    assert states == ["OK", "OK", "ALARM", "ALARM", "ALARM", "OK"]


def test_metric_math_judges_a_share_with_a_floor(scenario: Scenario) -> None:
    metrics = share(scenario, "IF(FILL(requests, 0) >= 50, 100 * FILL(errors, 0) / requests, 0)")
    put(scenario, **dict.fromkeys(SIMPLE), Metrics=metrics, EvaluationPeriods=1)
    states = []
    for good, bad in ((10, 10), (94, 6), (96, 4), (0, 0)):
        traffic(scenario, 200, good)
        traffic(scenario, 500, bad)
        scenario.run(MINUTE)
        states.append(rings(scenario))

    assert states == ["OK", "ALARM", "OK", "OK"]


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [("METRICS()", r"does not compute METRICS\(\)"), ("errors / nothing", "nothing is not the id")],
)
def test_math_that_is_not_computed_is_refused_and_leaves_the_alarm_as_it_was(
    scenario: Scenario, expression: str, complaint: str
) -> None:
    put(scenario)
    with pytest.raises(ClientError, match=complaint) as refused:
        put(scenario, **dict.fromkeys(SIMPLE), Metrics=share(scenario, expression))
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    [kept] = scenario.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert kept["MetricName"] == "HTTPCode_Target_5XX_Count"


def test_a_state_that_was_set_holds_until_the_next_evaluation(scenario: Scenario) -> None:
    put(scenario)
    put(scenario, "silent", TreatMissingData="missing")
    put(scenario, "kept", TreatMissingData="ignore")
    scenario.run(MINUTE)
    names = ("errors", "silent", "kept")
    for name in names:
        scenario.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test says so")
    at_once = [rings(scenario, name) for name in names]
    scenario.run(MINUTE)

    assert at_once == ["ALARM", "ALARM", "ALARM"]
    assert [rings(scenario, name) for name in names] == ["OK", "INSUFFICIENT_DATA", "ALARM"]


def test_a_change_of_an_alarm_keeps_its_state(scenario: Scenario) -> None:
    put(scenario)
    scenario.client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test says so")
    put(scenario, Threshold=7)
    assert rings(scenario) == "ALARM"


def test_subscribers_of_the_topic_get_the_message(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    put(scenario, EvaluationPeriods=1, AlarmActions=[topic], OKActions=[topic], AlarmDescription="too many errors")
    scenario.run(MINUTE)
    first = received()
    traffic(scenario, 500, 9)
    scenario.run(MINUTE)
    [envelope] = received()
    scenario.run(3 * MINUTE)
    [over] = received()

    message = json.loads(envelope["Message"])
    assert [json.loads(each["Message"])["OldStateValue"] for each in first] == ["INSUFFICIENT_DATA"]
    assert envelope["Subject"] == 'ALARM: "errors" in EU (Frankfurt)'
    assert (message["AlarmName"], message["AlarmDescription"]) == ("errors", "too many errors")
    assert (message["OldStateValue"], message["NewStateValue"]) == ("OK", "ALARM")
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [9.0 (")
    assert message["NewStateReason"].endswith(
        "was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert message["Trigger"]["MetricName"] == "HTTPCode_Target_5XX_Count"
    assert message["Trigger"]["Dimensions"] == [{"name": each["Name"], "value": each["Value"]} for each in dimensions(scenario)]
    assert json.loads(over["Message"])["NewStateValue"] == "OK"


def test_an_alarm_tells_once_and_only_while_its_actions_are_enabled(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    put(scenario, EvaluationPeriods=1, AlarmActions=[topic])
    put(scenario, "mute", EvaluationPeriods=1, AlarmActions=[topic], ActionsEnabled=False)
    for _ in range(3):
        traffic(scenario, 500, 9)
        scenario.run(MINUTE)

    assert (rings(scenario), rings(scenario, "mute")) == ("ALARM", "ALARM")
    assert [json.loads(each["Message"])["AlarmName"] for each in received()] == ["errors"]


def test_alarms_are_described_by_prefix_and_state_together(scenario: Scenario) -> None:
    cloudwatch = scenario.client("cloudwatch")
    for name in ("ours-bad", "ours-good", "other-bad"):
        put_alarm(cloudwatch, name, Namespace="N", MetricName="M", EvaluationPeriods=1)
    for name in ("ours-bad", "other-bad"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
    found = cloudwatch.describe_alarms(AlarmNamePrefix="ours-", StateValue="ALARM")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["ours-bad"]


def test_a_composite_alarm_follows_its_children_and_tells(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    put(scenario, EvaluationPeriods=1)
    put(scenario, "idle", EvaluationPeriods=1, Dimensions=dimensions(scenario, 1))
    cloudwatch = scenario.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(errors) AND NOT ALARM(idle)", AlarmActions=[topic])
    scenario.run(MINUTE)
    quiet = rings(scenario, "page")
    traffic(scenario, 500, 9)
    scenario.run(MINUTE)

    message = json.loads(received()[0]["Message"])
    assert (quiet, rings(scenario, "page")) == ("OK", "ALARM")
    assert (message["AlarmRule"], message["NewStateValue"]) == ("ALARM(errors) AND NOT ALARM(idle)", "ALARM")
    assert [child["Arn"].rsplit(":", 1)[1] for child in message["TriggeringChildren"]] == ["errors"]
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["errors", "idle"]
    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []


@pytest.mark.parametrize("rule", ["ALARM(nothing)", "ALARM(page)", "ALARM(errors) AND"])
def test_a_composite_alarm_of_unknown_alarms_is_refused(scenario: Scenario, rule: str) -> None:
    put(scenario)
    with pytest.raises(ClientError) as refused:
        scenario.client("cloudwatch").put_composite_alarm(AlarmName="page", AlarmRule=rule)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_what_was_measured_and_judged_comes_back_with_a_snapshot(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    put(scenario, EvaluationPeriods=1, AlarmActions=[topic])
    traffic(scenario, 500, 9)
    former = scenario.emulator.snapshot()
    scenario.run(MINUTE)
    assert rings(scenario) == "ALARM"
    scenario.emulator.restore(former)
    assert rings(scenario) == "INSUFFICIENT_DATA"
    scenario.run(MINUTE)
    assert rings(scenario) == "ALARM"
    assert statistic(scenario, "RequestCount", "Sum", dimensions(scenario)) == [9]
    assert len(received()) == 1, "what was reported before is forgotten, what is reported now arrives"


def test_events_of_a_failed_deployment_reach_a_rules_topic(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    events = scenario.client("events")
    pattern = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
    }
    events.put_rule(Name="failed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failed", Targets=[{"Id": "topic", "Arn": topic}])
    scenario.running("v1")
    quiet = received()
    scenario.release("v2", "crash")
    scenario.until(scenario.rolled_back, seconds=600)

    [event] = [json.loads(each["Message"]) for each in received()]
    assert quiet == []
    assert (event["source"], event["detail-type"]) == ("aws.ecs", "ECS Deployment State Change")
    assert event["detail"]["eventType"] == "ERROR"
    assert event["detail"]["reason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert event["resources"] == [scenario.describe()["serviceArn"]]


def test_a_disabled_rule_tells_nobody_and_own_events_reach_topics_too(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    events = scenario.client("events")
    for name, state in (("on", "ENABLED"), ("off", "DISABLED")):
        events.put_rule(Name=name, EventPattern=json.dumps({"source": ["axonflow.appdeploy"]}), State=state)
        events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])
    events.put_events(Entries=[{"Source": "axonflow.appdeploy", "DetailType": "Release", "Detail": '{"outcome": "failed"}'}])

    [event] = [json.loads(each["Message"]) for each in received()]
    assert event["detail"] == {"outcome": "failed"}


def test_a_rule_tells_a_topic_the_part_that_its_transformer_takes(scenario: Scenario) -> None:
    topic, received = subscriber(scenario)
    events = scenario.client("events")
    pattern = {"source": ["axonflow.appdeploy"], "detail": {"environment": ["staging"]}}
    events.put_rule(Name="reported", EventPattern=json.dumps(pattern))
    message = {"InputPathsMap": {"summary": "$.detail.summary"}, "InputTemplate": '"<summary>"'}
    events.put_targets(Rule="reported", Targets=[{"Id": "topic", "Arn": topic, "InputTransformer": message}])
    for environment in ("staging", "production"):
        detail = json.dumps({"environment": environment, "summary": f"v2 is live in {environment}: it's fine"})
        events.put_events(Entries=[{"Source": "axonflow.appdeploy", "DetailType": "Release Live", "Detail": detail}])

    assert [each["Message"] for each in received()] == ["v2 is live in staging: it's fine"]


def test_a_web_address_that_subscribes_is_never_called(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    topic, received = subscriber(scenario)
    scenario.client("sns").subscribe(TopicArn=topic, Protocol="https", Endpoint="https://pager.example.com/hook")
    monkeypatch.setattr("moto.sns.models.requests.post", lambda *_, **__: pytest.fail("a request leaves the machine"))
    scenario.client("sns").publish(TopicArn=topic, Message="hello")
    assert [each["Message"] for each in received()] == ["hello"]


@pytest.mark.parametrize(
    ("call", "parameters", "code"),
    [
        ("put_metric_alarm", {"Metrics": 11, "EvaluationPeriods": 1}, "ValidationError"),
        ("put_metric_alarm", {"Metrics": 1, "EvaluationPeriods": 1441}, "ValidationError"),
        ("put_dashboard", {"DashboardBody": 501}, "InvalidParameterInput"),
    ],
)
def test_limits_that_moto_ignores_are_kept(scenario: Scenario, call: str, parameters: dict[str, Any], code: str) -> None:
    cloudwatch, sent = scenario.client("cloudwatch"), dict(parameters)
    if call == "put_dashboard":
        sent = {
            "DashboardName": "d",
            "DashboardBody": json.dumps({"widgets": [{"type": "text"}] * parameters["DashboardBody"]}),
        }
    else:
        [_, one, _] = share(scenario, "errors")
        sent["Metrics"] = [
            {"Id": "e", "Expression": "m0"},
            *({**one, "Id": f"m{number}"} for number in range(parameters["Metrics"])),
        ]
        sent |= {"AlarmName": "a", "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    with pytest.raises(ClientError) as refused:
        getattr(cloudwatch, call)(**sent)
    assert refused.value.response["Error"]["Code"] == code
