"""Keeps calls of ECS to the pace at which it takes them, so that a release of many services is not throttled.

ECS gives each group of operations a bucket of tokens, which all callers of an account and region share: a call takes one, and
they come back at a fixed rate. What is throttled costs a call and then a pause that is longer than needed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.clock import Clock


_THROTTLED = "ThrottlingException"
_PACE = "appdeploy-pace"


class Allowance(NamedTuple):
    """The bucket of a group of operations."""

    operations: str
    """Their names, as a glob."""
    burst: int
    """Calls at once when the bucket is full."""
    per_second: float


REGISTRATIONS = Allowance("*egisterTaskDefinition", 20, 1)
UPDATES = Allowance("*teService", 50, 5)
_READS = (
    Allowance("DescribeTaskDefinition", 50, 20),
    Allowance("DescribeServices", 100, 20),
    Allowance("*ServiceDeployments", 50, 20),
    Allowance("*ServiceRevisions", 50, 20),
    Allowance("*Tasks", 100, 20),
)
"""docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html."""


class TokenBucket:
    """Our picture of one bucket. It is full at first, and it is wrong where others call too: then a throttle empties it."""

    def __init__(self, allowance: Allowance, clock: Clock) -> None:
        self._allowance = allowance
        self._clock = clock
        self._guard = threading.Lock()
        # One less than ECS has: its clock and ours do not agree to the millisecond.
        self._tokens = self._full = allowance.burst - 1.0
        self._filled = clock.now()

    def take(self) -> None:
        """Wait for a token: those who wait get theirs in order. Raises Interrupted when the command is being stopped."""
        with self._guard:
            self._fill()
            self._tokens -= 1
            missing = -self._tokens
        if missing > 0:
            self._clock.sleep(missing / self._allowance.per_second)

    def throttled(self) -> None:
        """ECS says that there is none."""
        with self._guard:
            self._fill()
            self._tokens = min(self._tokens, 0.0)

    def _fill(self) -> None:
        now = self._clock.now()
        self._tokens = min(self._full, self._tokens + max(0.0, now - self._filled) * self._allowance.per_second)
        self._filled = now


def keep_pace(clients: Iterable[ECSClient], clock: Clock) -> None:
    """Let reads through these clients wait for their token, instead of what they waited for before.

    Writes take theirs before they confirm the lock (EcsWriter).
    """
    buckets = [(allowance.operations, TokenBucket(allowance, clock)) for allowance in _READS]

    def find(event_name: str) -> TokenBucket | None:
        operation = event_name.rsplit(".", 1)[1]
        return next((bucket for operations, bucket in buckets if fnmatchcase(operation, operations)), None)

    def send(event_name: str, **_: Any) -> None:
        bucket = find(event_name)
        if bucket is not None:
            bucket.take()

    def answered(parsed: dict[str, Any], event_name: str, **_: Any) -> None:
        bucket = find(event_name)
        if bucket is not None and parsed.get("Error", {}).get("Code") == _THROTTLED:
            bucket.throttled()

    for client in clients:
        for event, handler in (("before-send", send), ("after-call", answered)):
            client.meta.events.unregister(event, unique_id=f"{_PACE}-{event}")
            client.meta.events.register(event, handler, unique_id=f"{_PACE}-{event}")
