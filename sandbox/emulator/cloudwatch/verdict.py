"""What an alarm's data points mean: its state, with AWS's rules for data that is missing.

docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from enum import StrEnum

LOOKED_AT_BESIDE = 2
"""Points before the evaluation periods that are retrieved too: AWS's examples have five for three. No rule is published."""

COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class State(StrEnum):
    """Of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """How missing data is treated."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


def judge(breaching: Sequence[bool | None], periods: int, needed: int, missing: Missing, present: State) -> State:
    """The new state.

    `breaching` says of each point, the oldest first, whether it breaches the threshold, None where there is none;
    `needed` of the last `periods` points make the alarm go off; `present` is its state now.
    """
    real = [point for point in breaching if point is not None]
    if len(real) >= periods:
        return _decided(sum(real[-periods:]) >= needed)
    lacking = periods - len(real)
    if missing is Missing.BREACHING:
        return _decided(sum(real) + lacking >= needed)
    if missing is Missing.NOT_BREACHING:
        return _decided(sum(real) >= needed)
    if not real:
        return State.INSUFFICIENT_DATA if missing is Missing.MISSING else present
    if sum(real) >= needed:
        return State.ALARM
    if all(real):
        # All that is there breaches: an alarm if the oldest of it is as old as the points that are needed, so that a single
        # point raises none.
        age = len(breaching) - next(at for at, point in enumerate(breaching) if point)
        return State.ALARM if missing is Missing.MISSING and age >= needed else present
    return State.OK


def _decided(rings: bool) -> State:
    return State.ALARM if rings else State.OK
