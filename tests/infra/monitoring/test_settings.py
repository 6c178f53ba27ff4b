"""Alarm settings in a stack file."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from infra.monitoring.settings import AlarmSettings


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"lead_minutes": 30, "cto_minutes": 30}, "cto_minutes 30 has to be more than lead_minutes 30"),
        ({"subscriptions": {"p0": [{"protocol": "email", "endpoint": "person"}]}}, "person is no endpoint for email"),
        ({"subscriptions": {"p3": []}}, "p0"),
        ({"error_percent": 0}, "greater than 0"),
        ({"error_share": 5}, "Extra inputs are not permitted"),
        ({"windows": {"lost": {"evaluation_periods": 1}}}, "Extra inputs are not permitted"),
        ({"windows": {"down": {"evaluation_periods": 2, "datapoints_to_alarm": 3}}}, "datapoints_to_alarm 3 exceeds"),
        ({"windows": {"down": {"evaluation_periods": 1441}}}, "CloudWatch evaluates 86400 s at most"),
        ({"windows": {"down": {"period": 90, "evaluation_periods": 1}}}, "multiple of 60"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        AlarmSettings.model_validate(settings)
