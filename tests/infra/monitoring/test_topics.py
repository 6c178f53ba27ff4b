"""The SNS topics, their policies and subscriptions."""

from __future__ import annotations

import json

from tests.infra.alarms import paging, services
from tests.infra.declared import declared
from tests.infra.mocked import Recording, one_service

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def test_each_severity_and_escalation_step_has_its_own_topic(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    topics = {topic.name: topic.inputs for topic in recording.of("aws:sns/topic:Topic")}
    assert {name: topic["name"] for name, topic in topics.items()} == {
        name: f"axonflow-{stack}-{name}" for name in ("p0", "p1", "p2", "lead", "cto", "releases")
    }
    assert all(topic["kmsMasterKeyId"] for topic in topics.values())
    topic_of = {alarm.name: alarm.inputs["alarmActions"][0].rsplit(":", 1)[1] for alarm in recording.of(ALARM) if paging(alarm)}
    assert {topic_of[name] for name in ("agent-down", "database-down")} == {"p0"}
    assert {topic_of[name] for name in ("agent-errors", "public-lb-5xx")} == {"p1"}
    assert {topic_of[name] for name in ("agent-slow", "agent-tasks-missing", "database-cpu")} == {"p2"}
    assert {topic_of[name] for name in ("agent-down-lead", "agent-errors-lead")} == {"lead"}
    assert {name for name, topic in topic_of.items() if topic == "cto"} == {
        *(f"{service}-down-cto" for service in services(recording)),
        "database-down-cto",
    }


def test_only_alarms_of_this_account_and_rules_may_publish(platform: tuple[str, Recording]) -> None:
    documents = [policy.inputs["policy"] for policy in platform[1].of("aws:sns/topicPolicy:TopicPolicy")]
    assert len(documents) == 6
    for alarms, rules in (json.loads(document)["Statement"] for document in documents):
        assert alarms["Action"] == rules["Action"] == "sns:Publish"
        assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        assert rules["Principal"] == {"Service": "events.amazonaws.com"}


def test_no_condition_keeps_event_rules_from_a_topic_or_its_key(platform: tuple[str, Recording]) -> None:
    """What EventBridge sends has no source account: under a condition AWS dropped every event without an error."""
    [key] = platform[1].of("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    policies = [policy.inputs["policy"] for policy in platform[1].of("aws:sns/topicPolicy:TopicPolicy")]
    for document in (*policies, key.inputs["policy"]):
        [rules] = [item for item in json.loads(document)["Statement"] if item["Sid"].startswith("EventRules")]
        assert "Condition" not in rules
    _, alarms, rules = json.loads(key.inputs["policy"])["Statement"]
    assert alarms["Action"] == rules["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]


def test_subscriptions_come_from_the_stack_file() -> None:
    config = one_service()
    subscriptions = {"p0": [{"protocol": "email", "endpoint": "on-call@example.com"}], "cto": []}
    config["axonflow:platform"]["alarms"] = {"subscriptions": subscriptions}
    [made] = declared("staging", config).of("aws:sns/topicSubscription:TopicSubscription")
    assert (made.inputs["protocol"], made.inputs["endpoint"]) == ("email", "on-call@example.com")
    assert made.name.startswith("p0-email-")
