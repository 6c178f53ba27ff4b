"""A release's turn: how a plan gets the lock of its environment."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from appdeploy.aws_errors import refusing
from appdeploy.events import Emit, Queued
from appdeploy.lock.item import Holder
from appdeploy.lock.keeper import HeldLock, acquire, describe
from appdeploy.lock.store import DynamoLockStore

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock
    from appdeploy.plan import ReleasePlan

TakeTurn = Callable[["ReleasePlan"], HeldLock]
"""Gets the lock for a plan; it may wait. Raises Locked, or Refused when the lock cannot be reached."""


def turns(clients: Clients, clock: Clock, emit: Emit, *, wait: float) -> TakeTurn:
    """Turns by the item in the environment's releases table. `wait` is how many seconds to stand in line."""

    def take(plan: ReleasePlan) -> HeldLock:
        store = DynamoLockStore(clients.dynamodb, plan.platform.releases_table)
        holder = Holder(plan.release_id, plan.caller or "an unknown caller", now(), uuid.uuid4().hex)
        with refusing(f"the lock of {plan.platform.environment} could not be taken"):
            return acquire(store, holder, clock, wait=wait, tell=lambda item: emit(Queued(describe(item))))

    return take


def now() -> str:
    """The time of day in UTC, for people to read."""
    return datetime.now(UTC).isoformat(timespec="seconds")
