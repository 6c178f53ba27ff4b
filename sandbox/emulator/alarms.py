"""CloudWatch alarms as moto keeps them: what deployments look at, and what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

_LONGEST_BAKE = 5.0
"""Minutes: "the default bake time is less than 5 minutes" (DG/deployment-alarm-failure.html)."""


def in_alarm(account: str, region: str, names: Sequence[str]) -> tuple[str, ...]:
    """Which of the alarms are in the ALARM state. One that does not exist is not."""
    return tuple(alarm.name for alarm in _found(account, region, names) if alarm.state_value == "ALARM")


def bake_minutes(account: str, region: str, names: Sequence[str]) -> float:
    """How long ECS goes on watching by itself: as long as the slowest of the alarms needs to notice anything.

    "Amazon ECS computes this time period based on the alarm configuration" (DG/deployment-alarm-failure.html); how, is
    not published.
    """
    seconds = [period_of(alarm) * int(alarm.evaluation_periods or 0) for alarm in _found(account, region, names)]
    return min(_LONGEST_BAKE, max(seconds, default=0.0) / 60)


def documents(alarm: Any) -> list[dict[str, Any]]:
    """A moto alarm's queries as the API has them; of an alarm on one metric, that one."""
    if alarm.metric_data_queries:
        return [_document(each) for each in alarm.metric_data_queries]
    metric = {"Namespace": alarm.namespace, "MetricName": alarm.metric_name, "Dimensions": alarm.dimensions}
    return [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": alarm.extended_statistic or alarm.statistic}}]


def _document(each: Any) -> dict[str, Any]:
    common = {"Id": each.id, "Label": each.label, "ReturnData": each.return_data}
    if each.metric_stat is None:
        return {**common, "Expression": each.expression}
    metric = each.metric_stat.metric
    named = {"Namespace": metric.namespace, "MetricName": metric.metric_name, "Dimensions": metric.dimensions}
    return {**common, "MetricStat": {"Metric": named, "Stat": each.metric_stat.stat}}


def period_of(alarm: Any) -> float:
    """An alarm's period in seconds; of metric math the longest of its metrics'; 0 of a composite alarm."""
    periods = [each.metric_stat.period for each in alarm.metric_data_queries if each.metric_stat is not None]
    return max(map(float, periods), default=float(alarm.period or 0))


def _found(account: str, region: str, names: Sequence[str]) -> list[Any]:
    known = cloudwatch_backends[account][region].alarms
    return [known[name] for name in names if name in known]
