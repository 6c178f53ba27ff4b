"""The targets that ECS registers, their health, and the requests that each one holds.

The proxy's event loop and the scheduler's threads both use the table. One lock makes choosing a target and counting its
request a single step, so that a target that has begun to drain never gets another one.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sandbox.emulator.journal import Journal, Kind


class TargetState(StrEnum):
    """Elastic Load Balancing's states that ECS's targets pass through."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"


class Verdict(NamedTuple):
    """A state with its reason code and description, as DescribeTargetHealth gives them."""

    state: TargetState
    reason: str | None = None
    description: str | None = None


# Codes and texts: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
REGISTERING = Verdict(TargetState.INITIAL, "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING = Verdict(TargetState.INITIAL, "Elb.InitialHealthChecking", "Initial health checks in progress")
HEALTHY = Verdict(TargetState.HEALTHY)
DRAINING = Verdict(TargetState.DRAINING, "Target.DeregistrationInProgress", "Target deregistration is in progress")


@dataclass(eq=False)
class Target:
    """One task's port in one target group."""

    group_arn: str
    ip: str
    port: int
    local_port: int | None
    """Loopback port that stands for ip:port; None when nothing listens there."""
    availability_zone: str
    next_check: float
    verdict: Verdict = REGISTERING
    successes: int = 0
    failures: int = 0
    in_flight: int = 0
    drain_started: float | None = None

    @property
    def healthy(self) -> bool:
        return self.verdict.state is TargetState.HEALTHY

    @property
    def unhealthy(self) -> bool:
        return self.verdict.state is TargetState.UNHEALTHY


class TargetTable:
    """Registered targets by target group."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._groups: defaultdict[str, list[Target]] = defaultdict(list)
        self._turn = itertools.count()

    def register(self, target: Target) -> None:
        """Add a target; it gets requests once its verdict is healthy."""
        with self._lock:
            self._groups[target.group_arn].append(target)
            self._note(target, target.verdict)

    def start_draining(self, target: Target, now: float) -> None:
        """Give the target no new request from this moment on."""
        with self._lock:
            target.verdict, target.drain_started = DRAINING, now
            self._note(target, DRAINING)

    def remove(self, target: Target) -> None:
        """Forget a target; one that is already gone is no error."""
        with self._lock:
            group = self._groups[target.group_arn]
            if target in group:
                group.remove(target)
                self._note(target, None)

    def judge(self, target: Target, verdict: Verdict) -> None:
        """Change a target's health, unless it has begun to drain meanwhile."""
        with self._lock:
            if target.drain_started is not None:
                return
            if target.verdict.state is not verdict.state:
                self._note(target, verdict)
            target.verdict = verdict

    def _note(self, target: Target, verdict: Verdict | None) -> None:
        self._journal.add(
            Kind.TARGET,
            group=target.group_arn,
            ip=target.ip,
            port=target.port,
            state=verdict.state.value if verdict else None,
            reason=verdict.reason if verdict else None,
        )

    def of_group(self, group_arn: str) -> list[Target]:
        """A group's targets, oldest first."""
        with self._lock:
            return list(self._groups[group_arn])

    def checked(self) -> list[Target]:
        """All targets whose health is being checked."""
        with self._lock:
            return [target for group in self._groups.values() for target in group if target.drain_started is None]

    def acquire(self, group_arn: str) -> Target | None:
        """Choose a target for a request and count the request; `release` ends it.

        Healthy targets take turns; if there is none, unhealthy ones do (fail-open:
        docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html); else None.
        """
        with self._lock:
            group = self._groups[group_arn]
            candidates = [t for t in group if t.healthy] or [t for t in group if t.unhealthy]
            if not candidates:
                return None
            target = candidates[next(self._turn) % len(candidates)]
            target.in_flight += 1
            return target

    def release(self, target: Target) -> None:
        """End a request that `acquire` began."""
        with self._lock:
            target.in_flight -= 1

    def drained(self, target: Target, now: float, *, delay: float, at_latest: float) -> bool:
        """Whether draining is over: after `delay` seconds with nothing in flight, or `at_latest` seconds in any case."""
        with self._lock:
            if target.drain_started is None:
                return False
            waited = now - target.drain_started
            return waited >= at_latest or (waited >= delay and target.in_flight == 0)
