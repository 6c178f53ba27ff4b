"""Alarms, dashboards, topics and rules: what they are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws, Made

ARN = "arn:aws:sns:eu-central-1:123456789012:read-back"
COMMON = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "datapointsToAlarm": 2, "threshold": 5}
ALARM: dict[str, Any] = {
    **COMMON,
    "name": "one-metric",
    "alarmDescription": "why",
    "alarmActions": [ARN],
    "okActions": [ARN],
    "treatMissingData": "notBreaching",
    "metricName": "CPUUtilization",
    "namespace": "AWS/RDS",
    "statistic": "Average",
    "period": 60,
    "dimensions": {"DBInstanceIdentifier": "db"},
}
METRIC = {"metricName": "RequestCount", "namespace": "AWS/ApplicationELB", "period": 60, "stat": "p95"}
MATH: dict[str, Any] = {
    **COMMON,
    "name": "math",
    "metricQueries": [
        {"id": "share", "expression": "100 * FILL(a, 0)", "label": "share", "returnData": True},
        {"id": "a", "metric": {**METRIC, "dimensions": {"LoadBalancer": "app/x/1", "TargetGroup": "targetgroup/x/1"}}},
    ],
}
KINDS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "alarm": ("aws:cloudwatch/metricAlarm:MetricAlarm", ALARM, {"threshold": 7, "alarmActions": []}),
    "math": (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        MATH,
        {"metricQueries": [{**MATH["metricQueries"][0], "expression": "a"}, MATH["metricQueries"][1]]},
    ),
    "percentile": (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {**{name: value for name, value in ALARM.items() if name != "statistic"}, "name": "p", "extendedStatistic": "p95"},
        {"evaluationPeriods": 5},
    ),
    "dashboard": (
        "aws:cloudwatch/dashboard:Dashboard",
        {"dashboardName": "read-back", "dashboardBody": '{"widgets": []}'},
        {"dashboardBody": '{"widgets": [{"type": "text"}]}'},
    ),
    "topic": (
        "aws:sns/topic:Topic",
        {"name": "own-topic", "displayName": "on call", "kmsMasterKeyId": "alias/x"},
        {"displayName": "everybody"},
    ),
    "rule": (
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "own-rule", "description": "why", "eventPattern": '{"source": ["aws.ecs"]}', "state": "ENABLED"},
        {"state": "DISABLED"},
    ),
    "key": (
        "aws:kms/key:Key",
        {"description": "topics", "policy": '{"Version": "2012-10-17", "Statement": []}', "enableKeyRotation": True},
        {"enableKeyRotation": False, "description": "others"},
    ),
}


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, aws: InProcessAws) -> tuple[Made, dict[str, Any]]:
    token, inputs, changes = KINDS[request.param]
    return aws.make(RESOURCE_TYPES[token], **inputs), changes


def test_everything_reads_back_changes_in_place_and_goes(case: tuple[Made, dict[str, Any]]) -> None:
    made, changes = case
    assert made.live == made.inputs
    assert made.unread == set()
    made.change(**changes)
    assert made.live == made.inputs
    if "tagsAll" in made.inputs:
        made.change(tags={"Owner": "platform"})
        assert made.live is not None
        assert made.live["tagsAll"] == {"Environment": "test", "Owner": "platform"}
    made.delete()
    assert made.live is None


DRIFT: dict[str, tuple[Callable[[InProcessAws], Any], str, Any]] = {
    "alarm": (
        lambda aws: aws("cloudwatch").disable_alarm_actions(AlarmNames=["one-metric"]),
        "actionsEnabled",
        False,
    ),
    "topic": (
        lambda aws: aws("sns").set_topic_attributes(
            TopicArn=ARN.replace("read-back", "own-topic"), AttributeName="KmsMasterKeyId", AttributeValue=""
        ),
        "kmsMasterKeyId",
        "",
    ),
    "rule": (lambda aws: aws("events").disable_rule(Name="own-rule"), "state", "DISABLED"),
}


@pytest.mark.parametrize("kind", DRIFT)
def test_what_somebody_changed_shows(aws: InProcessAws, kind: str) -> None:
    token, inputs, _ = KINDS[kind]
    made = aws.make(RESOURCE_TYPES[token], **{"actionsEnabled": True, **inputs} if kind == "alarm" else inputs)
    change, name, live = DRIFT[kind]
    change(aws)
    assert made.live == {**made.inputs, name: live}
    made.delete()


def test_a_composite_alarm_reads_back(aws: InProcessAws) -> None:
    child = aws.make(RESOURCE_TYPES["aws:cloudwatch/metricAlarm:MetricAlarm"], **ALARM)
    kind = RESOURCE_TYPES["aws:cloudwatch/compositeAlarm:CompositeAlarm"]
    made = aws.make(kind, alarmName="both", alarmRule="ALARM(one-metric)", alarmActions=[ARN], alarmDescription="why")
    assert made.live == made.inputs
    made.change(alarmRule="NOT ALARM(one-metric)")
    assert made.live == made.inputs
    for each in (made, child):
        each.delete()
        assert each.live is None


def test_policy_subscription_and_target_read_back(aws: InProcessAws) -> None:
    topic = aws.make(RESOURCE_TYPES["aws:sns/topic:Topic"], name="watched")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic.id,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    rule = aws.make(RESOURCE_TYPES["aws:cloudwatch/eventRule:EventRule"], name="watched", eventPattern='{"source": ["a"]}')
    made = [
        aws.make(RESOURCE_TYPES["aws:sns/topicPolicy:TopicPolicy"], arn=topic.id, policy=policy),
        aws.make(
            RESOURCE_TYPES["aws:sns/topicSubscription:TopicSubscription"],
            topic=topic.id,
            protocol="email",
            endpoint="on-call@example.com",
        ),
        aws.make(
            RESOURCE_TYPES["aws:cloudwatch/eventTarget:EventTarget"],
            rule=rule.id,
            targetId="topic",
            arn=topic.id,
            inputTransformer={"inputPaths": {"summary": "$.detail.summary"}, "inputTemplate": '"<summary>"'},
        ),
    ]
    for each in made:
        assert each.live == each.inputs
        assert each.unread == set()
    for each in reversed(made):
        each.delete()
    assert made[0].live is not None
    assert json.loads(made[0].live["policy"])["Statement"][0]["Sid"] == "__default_statement_ID"
    assert made[1].live is None
    assert made[2].live is None
    rule.delete()
    topic.delete()
    assert rule.live is None
    assert topic.live is None


def test_a_metric_filter_reads_back(aws: InProcessAws) -> None:
    group = aws.make(RESOURCE_TYPES["aws:cloudwatch/logGroup:LogGroup"], name="/slow")
    made = aws.make(
        RESOURCE_TYPES["aws:cloudwatch/logMetricFilter:LogMetricFilter"],
        name="slow",
        logGroupName="/slow",
        pattern='"duration:"',
        metricTransformation={"name": "SlowQueries", "namespace": "AxonFlow", "value": "1"},
    )
    assert made.live == made.inputs
    made.change(pattern='"statement"')
    assert made.live == made.inputs
    made.delete()
    assert made.live is None
    group.delete()
