"""Estimates the duration of a rollout from the service's settings. Pure.

The time from a task's start until its container answers is not known, and AWS publishes no figure: all times count from
the moment at which new tasks answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from appdeploy.model.ecs_state import DeploymentSettings


@dataclass(frozen=True)
class HealthSettings:
    """A target group's settings, in seconds."""

    interval: int
    """Between two health checks of a target."""
    threshold: int
    """Consecutive successful checks that make an unhealthy target healthy."""
    deregistration_delay: int
    """How long an old target may finish its requests."""


@dataclass(frozen=True)
class ExpectedDuration:
    """Seconds, without the start of the tasks."""

    rounds: int
    """Number of batches in which ECS replaces the tasks."""
    live_soonest: int
    live_latest: int
    """After this long a task that is not healthy yet may be replaced."""
    drain: int
    """From live until ECS has finished: old tasks finish their requests, then ECS watches for the bake time."""


def expected_duration(settings: DeploymentSettings, health: HealthSettings | None, desired: int) -> ExpectedDuration:
    """The duration of a rolling deployment of `desired` tasks; `health` is None without a load balancer.

    Soonest: a newly registered target needs one successful check whatever the threshold is
    (docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html): one interval per round.
    Latest: per round the grace period and `threshold` intervals.
    """
    rounds = rounds_of(settings, desired)
    bake = settings.bake_minutes * 60
    if health is None:
        return ExpectedDuration(rounds, 0, 0, bake)
    soonest = rounds * health.interval
    latest = rounds * (settings.grace_seconds + health.threshold * health.interval)
    # The next round starts only when the old tasks of this one are gone.
    between = (rounds - 1) * health.deregistration_delay
    return ExpectedDuration(rounds, soonest + between, latest + between, health.deregistration_delay + bake)


def rounds_of(settings: DeploymentSettings, desired: int) -> int:
    """Number of batches: as many tasks at once as may exceed, or be missing from, the desired count."""
    if desired == 0:
        return 1
    room = settings.max_running_tasks(desired) - settings.min_healthy_tasks(desired)
    return math.ceil(desired / max(1, min(room, desired)))
