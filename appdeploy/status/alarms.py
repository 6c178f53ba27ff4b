"""Reads which alarms of an environment are active, for `appdeploy status`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from appdeploy.model.contract import resource_stem
from appdeploy.model.ecs_state import LONG_AGO
from appdeploy.status.report import ActiveAlarm

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient


def read_active_alarms(cloudwatch: CloudWatchClient, environment: str) -> tuple[ActiveAlarm, ...]:
    """Metric and composite alarms, oldest first. A call per hundred. Errors of the SDK are raised."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{resource_stem(environment)}-", StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return tuple(sorted((alarm for page in pages for alarm in _alarms_of(page)), key=lambda alarm: alarm.since))


def _alarms_of(page: Any) -> Iterator[ActiveAlarm]:
    for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
        since = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp") or LONG_AGO
        yield ActiveAlarm(alarm["AlarmName"], since, " ".join(alarm.get("StateReason", "").split()))
