"""Scalable targets of the emulator's services."""

from __future__ import annotations

from typing import Any

from tests.support.emulator_scenario import Scenario

WHAT = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}


def resource(scenario: Scenario) -> str:
    return str(scenario.describe()["serviceArn"]).split(":", 5)[5]


def register(scenario: Scenario, name: str, **bounds: Any) -> None:
    scenario.client("application-autoscaling").register_scalable_target(**WHAT, ResourceId=name, **bounds)
