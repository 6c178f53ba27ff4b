"""Alarms and services of a recording."""

from __future__ import annotations

from tests.infra.mocked import Declared, Recording


def services(recording: Recording) -> list[str]:
    """Their short names."""
    return [service.name for service in recording.of("aws:ecs/service:Service")]


def paging(alarm: Declared) -> bool:
    """Whether an alarm notifies a topic."""
    return bool(alarm.inputs.get("alarmActions"))
