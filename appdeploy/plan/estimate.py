"""How long a rollout should take, from the service's own settings. Pure.

How long a task takes from its start until its container answers is not among them, and AWS publishes no figure: all
times here count from the moment at which new tasks answer.
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
    """Checks in a row that make an unhealthy target healthy."""
    deregistration_delay: int
    """How long an old target may finish its requests."""


@dataclass(frozen=True)
class ExpectedDuration:
    """Seconds, beside the start of the tasks."""

    rounds: int
    """In how many lots ECS replaces the tasks."""
    live_soonest: int
    live_latest: int
    """After this long a task that is not healthy yet may be replaced."""
    drain: int
    """From live until ECS has finished: old tasks finish their requests, then ECS watches for the bake time."""


def expected_duration(settings: DeploymentSettings, health: HealthSettings | None, desired: int) -> ExpectedDuration:
    """The duration of a rolling release of `desired` tasks; `health` is None without a load balancer.

    Soonest, because a newly registered target needs one good check whatever the threshold is
    (docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html): one interval a round.
    Latest: the grace period and the threshold's number of intervals a round.
    """
    rounds = rounds_of(settings, desired)
    bake = settings.bake_minutes * 60
    if health is None:
        return ExpectedDuration(rounds, 0, 0, bake)
    soonest = rounds * health.interval
    latest = rounds * (settings.grace_seconds + health.threshold * health.interval)
    # A round frees its places for the next one only when its old tasks are gone.
    between = (rounds - 1) * health.deregistration_delay
    return ExpectedDuration(rounds, soonest + between, latest + between, health.deregistration_delay + bake)


def rounds_of(settings: DeploymentSettings, desired: int) -> int:
    """In how many lots `desired` tasks are replaced: as many at once as may run beyond, or be missing from, the count."""
    if desired == 0:
        return 1
    room = settings.max_running_tasks(desired) - settings.min_healthy_tasks(desired)
    return math.ceil(desired / max(1, min(room, desired)))
