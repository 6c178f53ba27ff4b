"""What CloudWatch says of an alarm's change of state: the reason, and the message to its topics.

No document of AWS gives the message's format; this one follows messages that have been published
(docs.aws.amazon.com/lambda/latest/dg/with-sns.html and others).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.emulator.cloudwatch.verdict import State

_SUBJECT = 100
"""Characters (docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""
_PLACES = {"eu-central-1": "EU (Frankfurt)", "eu-west-1": "EU (Ireland)", "us-east-1": "US East (N. Virginia)"}
_WORDS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}

Document = dict[str, Any]


def reason(alarm: Any, state: State, points: Sequence[tuple[datetime, float | None]], needed: int) -> str:
    """Why a metric alarm is in a state; `points` are the last ones, the oldest first."""
    real = [(moment, value) for moment, value in points if value is not None]
    if not real:
        return f"Insufficient Data: {len(points)} datapoints were unknown."
    shown = ", ".join(f"{value} ({moment:%d/%m/%y %H:%M:%S})" for moment, value in reversed(real))
    negation = "" if state is State.ALARM else "not "
    verb = "was" if len(real) == 1 else "were"
    return (
        f"Threshold Crossed: {len(real)} out of the last {len(points)} datapoints [{shown}] {verb} {negation}"
        f"{_WORDS[alarm.comparison_operator]} the threshold ({float(alarm.threshold)}) (minimum {needed} "
        f"datapoint{'' if needed == 1 else 's'} for {'OK -> ALARM' if state is State.ALARM else 'ALARM -> OK'} transition)."
    )


def subject(alarm: Any) -> str:
    """The line above the message."""
    return f'{alarm.state_value}: "{alarm.name}" in {_place(alarm)}'[:_SUBJECT]


def text(alarm: Any, account: str, former: str, now: datetime, children: Sequence[Any]) -> str:
    """The message; `children` are the alarms in ALARM behind a composite one."""
    document: Document = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _moment(alarm.configuration_updated_timestamp.replace(tzinfo=UTC)),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _moment(now),
        "Region": _place(alarm),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": former,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is None:
        document["Trigger"] = _trigger(alarm)
    else:
        document["AlarmRule"] = alarm.rule
        document["TriggeringChildren"] = [
            {"Arn": child.alarm_arn, "State": {"Value": child.state_value, "Timestamp": _moment(now)}} for child in children
        ]
    return json.dumps(document)


def _place(alarm: Any) -> str:
    region = str(alarm.region_name)
    return _PLACES.get(region, region)


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _trigger(alarm: Any) -> Document:
    judged: Document = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {**judged, "Metrics": [_query(query) for query in alarm.metric_data_queries]}
    extended = alarm.extended_statistic
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": extended} if extended else {"Statistic": alarm.statistic.upper()}),
        "Unit": alarm.unit,
        "Dimensions": _dimensions(alarm.dimensions),
        **judged,
    }


def _query(query: Any) -> Document:
    common = {"Id": query.id, "Label": query.label, "ReturnData": bool(query.return_data)}
    if query.metric_stat is None:
        return {**common, "Expression": query.expression}
    metric = query.metric_stat.metric
    return {
        **common,
        "MetricStat": {
            "Metric": {
                "Dimensions": _dimensions(metric.dimensions),
                "MetricName": metric.metric_name,
                "Namespace": metric.namespace,
            },
            "Period": query.metric_stat.period,
            "Stat": query.metric_stat.stat,
        },
    }


def _dimensions(dimensions: Sequence[Any]) -> list[Document]:
    return [{"value": dimension.value, "name": dimension.name} for dimension in dimensions]
