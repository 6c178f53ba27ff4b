"""A release's turn: how a plan gets the lock of its environment, and how a rollback takes it from whoever has it."""

from __future__ import annotations

import getpass
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from appdeploy.aws_errors import AwsError, explain, refusing
from appdeploy.events import Emit, Queued, TookOver, Unlocked
from appdeploy.lock.item import Holder
from appdeploy.lock.keeper import acquire, describe, seize
from appdeploy.lock.store import DynamoLockStore
from appdeploy.parallel import within

if TYPE_CHECKING:
    from appdeploy.aws import Clients
    from appdeploy.clock import Clock
    from appdeploy.plan import ReleasePlan

SEIZE_SECONDS = 1.0
"""How long a rollback waits for the table before it goes on without the lock."""


class Turn(Protocol):
    """The right to send writes. A context manager: leaving it ends the turn."""

    fence: int | None
    """Which holder of the lock this is; None without a lock."""
    waited: bool
    """Whether others were at work before, so that what was read is out of date."""
    preempted: Holder | None
    """The release that it was taken from while it may have been at work: a late write of it can still land."""

    def confirm(self) -> None:
        """Asked before each write. Raises LockLost when nothing more must be sent."""

    def is_lost(self) -> bool:
        """Whether it is somebody else's turn by now, as far as that can be told."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Line(Protocol):
    """How a plan gets its turn."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """Whether nobody is at work and nothing is frozen. Raises Refused when the lock cannot be reached."""

    def take(self, plan: ReleasePlan) -> Turn:
        """A turn for a plan; it may wait. Raises Locked, or Refused when the lock cannot be reached."""


class WithoutLock:
    """A turn that nobody guards: a rollback's, while the table is out of reach."""

    fence: int | None = None
    waited = False
    preempted: Holder | None = None

    def confirm(self) -> None:
        """There is nothing to lose."""

    def is_lost(self) -> bool:
        """There was nothing to lose."""
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """There is nothing to let go."""


@dataclass(frozen=True)
class InLine:
    """Turns of releases: one at a time."""

    clients: Clients
    clock: Clock
    emit: Emit
    wait: float
    """How many seconds to stand in line."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """See Line."""
        with refusing(f"the lock of {plan.environment} could not be read"):
            item = self._store(plan).read()
        return item.holder is None and item.freeze is None

    def take(self, plan: ReleasePlan) -> Turn:
        """See Line."""
        with refusing(f"the lock of {plan.environment} could not be taken"):
            return acquire(
                self._store(plan),
                _holder(plan),
                self.clock,
                wait=self.wait,
                tell=lambda item: self.emit(Queued(describe(item))),
            )

    def _store(self, plan: ReleasePlan) -> DynamoLockStore:
        return DynamoLockStore(self.clients.dynamodb, _table(plan))


@dataclass(frozen=True)
class AtOnce:
    """Turns of rollbacks: through a freeze, taken from whoever has the lock, and without it when it is out of reach."""

    clients: Clients
    clock: Clock
    emit: Emit

    def is_free(self, plan: ReleasePlan) -> bool:
        """A rollback waits for nobody."""
        return True

    def take(self, plan: ReleasePlan) -> Turn:
        """See Line; nothing is raised."""
        store = DynamoLockStore(self.clients.once.dynamodb, _table(plan))
        try:
            # A write that lands after the time is up leaves the lock with a holder that never stirs: others take it over.
            lock, former = within(SEIZE_SECONDS, lambda: seize(store, _holder(plan), self.clock))
        except TimeoutError:
            self.emit(Unlocked(f"no answer of DynamoDB within {SEIZE_SECONDS:.0f} s"))
            return WithoutLock()
        except AwsError as error:
            self.emit(Unlocked(explain(error)))
            return WithoutLock()
        if former.holder or former.freeze:
            self.emit(TookOver(describe(former)))
        return lock


def now() -> str:
    """The time of day in UTC, for people to read."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def who_is_here() -> str:
    """Who works at this machine, for people to read, where AWS was not asked."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _holder(plan: ReleasePlan) -> Holder:
    return Holder(plan.release_id, plan.caller or who_is_here(), now(), uuid.uuid4().hex)


def _table(plan: ReleasePlan) -> str:
    # infra names the table by this pattern (infra/naming.py); a rollback relies on it when it cannot read the contract.
    return plan.releases_table or f"axonflow-{plan.environment}-releases"
