"""The alarm that tests put."""

from __future__ import annotations

from typing import Any

ERRORS = {
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "HTTPCode_Target_5XX_Count",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 2,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}
"""Parameters of PutMetricAlarm, of an alarm on the errors that tasks answer."""


def put_alarm(cloudwatch: Any, name: str, **changes: Any) -> None:
    """Put that alarm with other parameters; those that are None are left out."""
    sent = {key: value for key, value in {**ERRORS, **changes}.items() if value is not None}
    cloudwatch.put_metric_alarm(AlarmName=name, **sent)
