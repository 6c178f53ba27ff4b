"""Limits of AWS that moto does not enforce, in one table."""

from __future__ import annotations

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


LIMITS = (
    Limit("ssm", "PutParameter", _parameter_size),
    Limit("elasticloadbalancing", "CreateLoadBalancer", _elb_name("Load balancer")),
    Limit("elasticloadbalancing", "CreateTargetGroup", _elb_name("Target group")),
)
