"""Limits of AWS that moto does not enforce, in one table."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import AwsCall

_STANDARD_PARAMETER = 4096
"""Bytes (docs.aws.amazon.com/general/latest/gr/ssm.html)."""
_ELB_NAME = 32
"""Characters (docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html)."""

_ALARM_METRICS = 10
"""Metrics of an alarm on metric math (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html)."""
_PERIODS = 86_400
"""Seconds that evaluation periods may cover together (the same page, EvaluationPeriods); seven days from periods of an hour."""
_LONG_PERIODS = 7 * 86_400
_WIDGETS = 500
"""On a dashboard (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html)."""
_WIDGET_METRICS = 500
"""In one widget of a dashboard (the same page)."""
_DASHBOARD_METRICS = 2500
"""In all widgets of a dashboard (the same page)."""
_SUBJECT = 100
"""Characters (docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""

_GROUP_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""Of a security group and of its rules: no apostrophe, for one
(docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html)."""

Check = Callable[[Mapping[str, Any]], AwsError | None]


@dataclass(frozen=True)
class Limit:
    """A check of one action's parameters."""

    service: str
    action: str
    check: Check


def violation(call: AwsCall) -> AwsError | None:
    """What AWS would answer to a call that breaks a limit."""
    for limit in LIMITS:
        if (limit.service, limit.action) == (call.service, call.action):
            error = limit.check(call.parameters)
            if error:
                return error
    return None


def _parameter_size(parameters: Mapping[str, Any]) -> AwsError | None:
    size = len(str(parameters.get("Value", "")).encode())
    if parameters.get("Tier", "Standard") != "Standard" or size <= _STANDARD_PARAMETER:
        return None
    return AwsError(
        "ValidationException",
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter "
        "value, upgrade the parameter to use the advanced-parameter tier. For more information, see "
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
    )


def _elb_name(kind: str) -> Check:
    def check(parameters: Mapping[str, Any]) -> AwsError | None:
        name = str(parameters.get("Name", ""))
        if len(name) > _ELB_NAME:
            return AwsError("ValidationError", f"{kind} name '{name}' cannot be longer than '{_ELB_NAME}' characters")
        if not re.fullmatch(r"[A-Za-z0-9-]+", name):
            return AwsError("ValidationError", f"{kind} name '{name}' can only contain alphanumeric characters and hyphens (-)")
        if name.startswith("-") or name.endswith("-"):
            return AwsError("ValidationError", f"{kind} name '{name}' cannot begin or end with '-'")
        return None

    return check


def _alarm_metrics(parameters: Mapping[str, Any]) -> AwsError | None:
    count = sum("MetricStat" in each for each in parameters.get("Metrics") or [])
    if count <= _ALARM_METRICS:
        return None
    return AwsError("ValidationError", f"The metrics list has {count} metrics and may have {_ALARM_METRICS}")


def _alarm_periods(parameters: Mapping[str, Any]) -> AwsError | None:
    stats = [each["MetricStat"]["Period"] for each in parameters.get("Metrics") or [] if "MetricStat" in each]
    period = max([*stats, parameters.get("Period") or 0])
    longest = _LONG_PERIODS if period >= 3600 else _PERIODS
    if period * int(parameters.get("EvaluationPeriods") or 0) <= longest:
        return None
    return AwsError(
        "ValidationError", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
    )


def _dashboard(parameters: Mapping[str, Any]) -> AwsError | None:
    try:
        widgets = json.loads(parameters.get("DashboardBody") or "{}").get("widgets") or []
    except ValueError:
        return None
    metrics = [len(widget.get("properties", {}).get("metrics") or []) for widget in widgets]
    for what, count, most in (
        ("widgets", len(widgets), _WIDGETS),
        ("metrics in a widget", max(metrics, default=0), _WIDGET_METRICS),
        ("metrics", sum(metrics), _DASHBOARD_METRICS),
    ):
        if count > most:
            return AwsError("InvalidParameterInput", f"The dashboard has {count} {what} and may have {most}")
    return None


def _subject(parameters: Mapping[str, Any]) -> AwsError | None:
    if len(str(parameters.get("Subject") or "")) <= _SUBJECT:
        return None
    return AwsError("InvalidParameter", "Invalid parameter: Subject")


def _group_descriptions(parameters: Mapping[str, Any]) -> AwsError | None:
    """Of the group, or of each rule, however deep its parameter is: query parameters have flat names."""
    for name, value in parameters.items():
        if name.endswith("Description") and not _GROUP_DESCRIPTION.fullmatch(str(value)):
            return AwsError(
                "InvalidParameterValue",
                f"Invalid security group description: {value}. Valid descriptions are strings less than 256 characters from "
                "the following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
            )
    return None


LIMITS = (
    Limit("ssm", "PutParameter", _parameter_size),
    Limit("elasticloadbalancing", "CreateLoadBalancer", _elb_name("Load balancer")),
    Limit("elasticloadbalancing", "CreateTargetGroup", _elb_name("Target group")),
    Limit("cloudwatch", "PutMetricAlarm", _alarm_metrics),
    Limit("cloudwatch", "PutMetricAlarm", _alarm_periods),
    Limit("cloudwatch", "PutDashboard", _dashboard),
    Limit("sns", "Publish", _subject),
    *(
        Limit("ec2", action, _group_descriptions)
        for action in (
            *("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateSecurityGroup"),
            *(
                "ModifySecurityGroupRules",
                "UpdateSecurityGroupRuleDescriptionsEgress",
                "UpdateSecurityGroupRuleDescriptionsIngress",
            ),
        )
    ),
)
