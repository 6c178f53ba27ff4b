"""How long things take in the emulator, each beside the AWS figure that it stands for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Durations in seconds of the emulator's clock; fields named `..._second` scale a length that the API configures.

    Sources: DG = docs.aws.amazon.com/AmazonECS/latest/developerguide, ELB = docs.aws.amazon.com/elasticloadbalancing.
    With the defaults, the profile `fast`, a good release of two tasks behind a 5 s health check completes in about three
    seconds.
    """

    tick: float = 0.05
    """Pause between two steps of the scheduler. ECS's own period is not published."""
    provision: float = 0.1
    """PROVISIONING, the network interface: "several seconds" (DG/task-recommendations.html)."""
    pull: float = 0.3
    """PENDING, the image: most of the 53-62 s that a 413 MB image was measured to need on Fargate."""
    boot: float = 0.3
    """ACTIVATING, the container's start up to RUNNING."""
    crash: float = 0.1
    """RUNNING until the container of a crashing image exits; an application decides this."""
    command: float = 0.3
    """RUNNING until a one-off command exits; an application decides this."""
    spot: float = 0.3
    """RUNNING until Spot capacity is reclaimed, which may be at any moment (DG/fargate-capacity-providers.html)."""
    health_second: float = 0.05
    """One second of a target group's health-check interval (ELB: 30 s by default, 5 s at least)."""
    grace_second: float = 0.05
    """One second of a service's health-check grace period (DG/service-load-balancing.html)."""
    drain_second: float = 0.01
    """One second of a target group's deregistration delay (ELB: 300 s by default). Requests in flight are waited for
    beyond this, in real time, up to the unscaled delay."""
    minute: float = 1.0
    """One minute of a deployment's bake time (API: bakeTimeInMinutes)."""
    stop: float = 0.15
    """STOPPING, from SIGTERM to the container's exit: at most the stop timeout, 30 s by default (DG/task-lifecycle)."""
    deprovision: float = 0.05
    """DEPROVISIONING, the network interface's removal."""
    backoff: float = 0.1
    """Pause before the next launch per failed task: ECS throttles launches that keep failing (DG/service-throttle-logic)."""
    backoff_limit: float = 2.0
    """Longest such pause (AWS: 27 minutes)."""
    database: float = 0.4
    """A database instance, `creating` until it is `available`: minutes, of which RDS publishes no figure."""
    cache: float = 0.3
    """A replication group, likewise."""
    stopped_kept: float = 3600.0
    """How long a stopped task stays visible: "at least one hour" (API reference, DescribeTasks)."""


FAST = Timings()
AWS = Timings(
    tick=1.0,
    # "Several seconds" is all that is published of the network interface.
    provision=10.0,
    # With the 10 s before and the 5 s after it the 60 s of the 413 MB image above.
    pull=45.0,
    boot=5.0,
    crash=2.0,
    command=10.0,
    spot=30.0,
    health_second=1.0,
    grace_second=1.0,
    drain_second=1.0,
    minute=60.0,
    # stopTimeout's default (API reference, ContainerDefinition): what an application needs that ignores SIGTERM.
    stop=30.0,
    deprovision=5.0,
    # "Slowed down incrementally up to a maximum of 27 minutes" (DG/service-throttle-logic.html); the first is unpublished.
    backoff=10.0,
    backoff_limit=27 * 60.0,
    # Neither is published; both are within the hour after which the provider gives up.
    database=600.0,
    cache=600.0,
)
"""Unscaled: what the API configures takes as long as it says, the rest as long as AWS's documents have it."""
PROFILES = {"fast": FAST, "aws": AWS}


def profile_of(timings: Timings) -> str:
    """The profile that has these timings; empty if none has."""
    return next((name for name, each in PROFILES.items() if each == timings), "")
