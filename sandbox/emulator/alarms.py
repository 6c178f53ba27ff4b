"""CloudWatch alarms as deployments look at them. Their states are what SetAlarmState made them: no metric is evaluated."""

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
    seconds = [float(alarm.period or 0) * int(alarm.evaluation_periods or 0) for alarm in _found(account, region, names)]
    return min(_LONGEST_BAKE, max(seconds, default=0.0) / 60)


def _found(account: str, region: str, names: Sequence[str]) -> list[Any]:
    known = cloudwatch_backends[account][region].alarms
    return [known[name] for name in names if name in known]
