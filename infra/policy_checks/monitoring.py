"""Checks of alarms: an alarm on a resource that does not exist never goes off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.monitoring.topics import EVENT_RULES
from infra.policy_checks.model import Finding, PolicyCheck, Resource, Stack, document

_UNHEARD = "EventBridge dropped every event, and no release was announced"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_METRICS = 10
"""Most metrics of one alarm's expression
(docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
_LONGEST_SECONDS = 86_400
"""Longest evaluation window with periods under an hour
(docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""

_NAMED: Mapping[str, tuple[str, str]] = {
    "ClusterName": ("aws:ecs/cluster:Cluster", "name"),
    "ServiceName": ("aws:ecs/service:Service", "name"),
    "DBInstanceIdentifier": ("aws:rds/instance:Instance", "identifier"),
}
"""Where the value of a dimension is declared: type and input."""
_SUFFIXED: Mapping[str, str] = {
    "LoadBalancer": "aws:lb/loadBalancer:LoadBalancer",
    "TargetGroup": "aws:lb/targetGroup:TargetGroup",
}
"""Dimensions that are the end of an ARN, with the name second to last; it begins with the logical name."""


def _metrics(resource: Resource) -> Iterator[Mapping[str, Any]]:
    return (query["metric"] for query in resource.inputs.get("metricQueries") or () if query.get("metric"))


def _dimensions_exist(resource: Resource, stack: Stack) -> Finding:
    for metric in _metrics(resource):
        dimensions: Mapping[str, Any] = metric.get("dimensions") or {}
        for dimension, value in dimensions.items():
            if isinstance(value, str) and not _declared(dimension, value, stack):
                return f"has the {dimension} {value}, which is not declared"
    return None


def _declared(dimension: str, value: str, stack: Stack) -> bool:
    if dimension in _NAMED:
        kind, path = _NAMED[dimension]
        return value in {resource.inputs.get(path) for resource in stack.of(kind)}
    if dimension in _SUFFIXED:
        name = value.split("/")[-2]
        return any(name.startswith(resource.name) for resource in stack.of(_SUFFIXED[dimension]))
    return False


def _within_limits(resource: Resource, stack: Stack) -> Finding:
    metrics = list(_metrics(resource))
    window = resource.inputs["evaluationPeriods"] * max((metric["period"] for metric in metrics), default=0)
    if len(metrics) > _METRICS:
        return f"has {len(metrics)} metrics, over {_METRICS}"
    return f"evaluates {window:g} s, over {_LONGEST_SECONDS}" if window > _LONGEST_SECONDS else None


def _takes_events(resource: Resource, stack: Stack) -> Finding:
    """What EventBridge sends has no source account, and no other key either: under a condition AWS drops every event without
    an error (docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions)."""
    found = document(resource.inputs.get("policy"))
    if found is None:
        return None
    allowing = [item for item in found["Statement"] if EVENT_RULES in _services(item)]
    if not allowing:
        return "keeps out what EventBridge sends"
    return "has a condition on what EventBridge sends" if any("Condition" in item for item in allowing) else None


def _services(statement: Mapping[str, Any]) -> list[str]:
    principal: Any = statement.get("Principal")
    named = principal.get("Service", []) if isinstance(principal, Mapping) else []
    return [named] if isinstance(named, str) else list(named)


CHECKS = (
    PolicyCheck("alarms-dimensions-exist", "an alarm on a service of another name never went off", _ALARM, _dimensions_exist),
    PolicyCheck("topics-take-events", _UNHEARD, "aws:sns/topicPolicy:TopicPolicy", _takes_events),
    PolicyCheck("topic-keys-take-events", _UNHEARD, "aws:kms/key:Key", _takes_events),
    PolicyCheck("alarms-within-limits", "CloudWatch rejected an alarm half-way through an update", _ALARM, _within_limits),
)
