"""deploymentConfiguration: AWS's defaults, how an update merges, what the scheduler reads from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sandbox.emulator.ecs import errors

_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "strategy": "ROLLING",
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "bakeTimeInMinutes": 0,
        "deploymentCircuitBreaker": {
            "enable": False,
            "rollback": False,
            "resetOnHealthyTask": True,
            "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": 50},
        },
    }
)
_STEP_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "canaryConfiguration": {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10},
    "linearConfiguration": {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6},
}
_STRATEGY_OF = {"canaryConfiguration": "CANARY", "linearConfiguration": "LINEAR"}
_NOT_BELOW, _NOT_ABOVE = 3, 200
"""Bounds of a BOUNDED_PERCENT threshold (DG/deployment-circuit-breaker.html)."""


@dataclass(frozen=True)
class DeploymentConfiguration:
    """A service's deploymentConfiguration with every default filled in."""

    document: Mapping[str, Any]

    @property
    def breaker_enabled(self) -> bool:
        return bool(self._breaker["enable"])

    @property
    def rolls_back(self) -> bool:
        return bool(self._breaker["rollback"])

    @property
    def resets_on_healthy_task(self) -> bool:
        return bool(self._breaker["resetOnHealthyTask"])

    @property
    def alarms(self) -> tuple[str, ...]:
        """The deployment alarms that are switched on."""
        alarms = self.document.get("alarms") or {}
        return tuple(alarms["alarmNames"]) if alarms.get("enable") else ()

    @property
    def alarms_roll_back(self) -> bool:
        return bool((self.document.get("alarms") or {}).get("rollback"))

    @property
    def bake_minutes(self) -> int:
        """Minutes that the bake is to last; 0 leaves it to ECS."""
        return int(self.document["bakeTimeInMinutes"])

    def breaker_threshold(self, desired: int) -> int:
        """How many failures trip the breaker, of a service that wants `desired` tasks."""
        threshold = self._breaker["thresholdConfiguration"]
        if threshold["type"] == "COUNT":
            return max(1, int(threshold["value"]))
        share = math.ceil(desired * float(threshold["value"]) / 100)
        if threshold["type"] == "UNBOUNDED_PERCENT":
            return max(1, share)
        return min(_NOT_ABOVE, max(_NOT_BELOW, share))

    def most_tasks(self, desired: int) -> int:
        """maximumPercent of the desired count, "rounded down to the nearest integer" (API)."""
        return math.floor(desired * int(self.document["maximumPercent"]) / 100)

    def fewest_healthy(self, desired: int) -> int:
        """minimumHealthyPercent of the desired count, "rounded up to the nearest integer" (API)."""
        return math.ceil(desired * int(self.document["minimumHealthyPercent"]) / 100)

    def beyond_the_scheduler(self) -> str | None:
        """What of this configuration a deployment would need and the scheduler does not emulate; None if nothing."""
        document = self.document
        strategy = document["strategy"]
        needs = {
            f"deployment strategy {strategy}": strategy != "ROLLING",
            "deployment lifecycle hooks": bool(document.get("lifecycleHooks")),
            "earlySuccessCriteria": bool((document.get("earlySuccessCriteria") or {}).get("enable")),
        }
        return next((name for name, needed in needs.items() if needed), None)

    @property
    def _breaker(self) -> Mapping[str, Any]:
        breaker: Mapping[str, Any] = self.document["deploymentCircuitBreaker"]
        return breaker


def create(sent: Mapping[str, Any]) -> DeploymentConfiguration:
    """The configuration of a new service."""
    return merge(DeploymentConfiguration(_DEFAULTS), sent)


def merge(current: DeploymentConfiguration, sent: Mapping[str, Any]) -> DeploymentConfiguration:
    """What an update leaves: members that were not sent stay, those that were replace the former ones.

    Two blocks differ. The breaker keeps its optional members when they are absent; a canary or linear block is
    replaced as a whole, with AWS's defaults for what it lacks. (Live probes of UpdateService, published in
    github.com/go-to-k/cdkd, docs/provider-development.md.)
    """
    document = {**current.document, **sent}
    if "deploymentCircuitBreaker" in sent:
        former = current.document["deploymentCircuitBreaker"]
        document["deploymentCircuitBreaker"] = {**former, **sent["deploymentCircuitBreaker"]}
    for block, defaults in _STEP_DEFAULTS.items():
        if block in sent:
            if document["strategy"] != _STRATEGY_OF[block]:
                kind = _STRATEGY_OF[block].capitalize()
                raise errors.invalid_parameter(
                    f"{kind} configuration can only be present with {_STRATEGY_OF[block]} deployment strategy"
                )
            document[block] = {**defaults, **sent[block]}
    return DeploymentConfiguration(document)
