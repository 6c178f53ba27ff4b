"""Health checks of target groups: real requests to the tasks, counted against the group's thresholds.

docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.emulator.elb.dataplane import Probe, ProbeFailure, ProbeResult
from sandbox.emulator.elb.routing import target_group
from sandbox.emulator.elb.targets import CHECKING, HEALTHY, Target, TargetState, TargetTable, Verdict
from sandbox.emulator.timings import Timings


@dataclass(frozen=True)
class HealthCheck:
    """A target group's configuration."""

    path: str
    interval: float
    """Seconds, as the API has it."""
    timeout: float
    """Seconds."""
    healthy_after: int
    unhealthy_after: int
    matcher: str
    """Statuses that count as success, such as `200` or `200-299,301`."""

    def passes(self, result: ProbeResult) -> bool:
        return isinstance(result, int) and _matches(self.matcher, result)


def configuration(group: Any) -> HealthCheck:
    """The health check of a moto target group; what the API leaves open has AWS's defaults."""
    return HealthCheck(
        path=group.health_check_path or "/",
        interval=float(group.health_check_interval_seconds),
        timeout=float(group.health_check_timeout_seconds),
        healthy_after=int(group.healthy_threshold_count),
        unhealthy_after=int(group.unhealthy_threshold_count),
        matcher=(group.matcher or {}).get("HttpCode") or "200",
    )


class HealthChecks:
    """Decides which checks are due and what their results mean."""

    def __init__(self, targets: TargetTable, timings: Timings) -> None:
        self._targets = targets
        self._timings = timings

    def due(self, now: float) -> list[tuple[Target, Probe]]:
        """The checks to make now; each target's next one is an interval away."""
        checks = []
        for target in self._targets.checked():
            group = target_group(target.group_arn)
            if group is None or now < target.next_check:
                continue
            check = configuration(group)
            target.next_check = now + check.interval * self._timings.health_second
            checks.append((target, Probe(target.local_port, check.path, check.timeout)))
        return checks

    def apply(self, target: Target, result: ProbeResult) -> None:
        """Count a check's result and change the target's health when a threshold is reached."""
        group = target_group(target.group_arn)
        if group is None:
            return
        check = configuration(group)
        if check.passes(result):
            target.successes, target.failures = target.successes + 1, 0
            # A newly registered target needs a single success, whatever the threshold.
            needed = 1 if target.verdict.state is TargetState.INITIAL else check.healthy_after
            if target.successes >= needed:
                self._targets.judge(target, HEALTHY)
            return
        target.successes, target.failures = 0, target.failures + 1
        if target.failures >= check.unhealthy_after:
            self._targets.judge(target, _failed(result))
        elif target.verdict.state is TargetState.INITIAL:
            self._targets.judge(target, CHECKING)


def _failed(result: ProbeResult) -> Verdict:
    match result:
        case ProbeFailure.TIMED_OUT:
            return Verdict(TargetState.UNHEALTHY, "Target.Timeout", "Request timed out")
        case ProbeFailure.REFUSED:
            return Verdict(TargetState.UNHEALTHY, "Target.FailedHealthChecks", "Health checks failed")
        case status:
            text = f"Health checks failed with these codes: [{status}]"
            return Verdict(TargetState.UNHEALTHY, "Target.ResponseCodeMismatch", text)


def _matches(matcher: str, status: int) -> bool:
    for part in matcher.split(","):
        bounds = re.fullmatch(r"\s*(\d{3})(?:-(\d{3}))?\s*", part)
        if bounds and int(bounds[1]) <= status <= int(bounds[2] or bounds[1]):
            return True
    return False
