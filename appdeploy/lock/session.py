"""Lock sessions: how a release acquires its environment's lock, and how a rollback takes it from another holder."""

from __future__ import annotations

import getpass
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from appdeploy.aws.errors import refusing
from appdeploy.aws.releases_table import put_of
from appdeploy.lock.item import Holder
from appdeploy.lock.lease import acquire, describe_wait
from appdeploy.lock.store import DynamoLockStore, LedgerPut
from appdeploy.lock.takeover import Takeover
from appdeploy.model.contract import resource_stem
from appdeploy.model.events import Emit, WaitingForLock
from appdeploy.model.release_id import ROLLBACK, kind_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.model.plan import ReleasePlan


class LockSession(Protocol):
    """The right to send writes. A context manager: leaving it releases the lock."""

    fence: int | None
    """Number of this holder of the lock; None without a lock."""
    waited: bool
    """Whether it waited for another release, so that earlier reads are stale."""

    @property
    def taken_from(self) -> str | None:
        """The release it was taken from, if known: a late write of that release may still arrive."""

    def confirm(self) -> None:
        """Called before each write. Raises LockLost or OutOfReach when nothing may be sent."""

    def is_lost(self) -> bool:
        """Whether another command holds the lock now, if known."""

    def write(self, ledger_put: LedgerPut) -> None:
        """Write to the ledger before AWS is changed. Raises LockLost or OutOfReach when nothing may be sent."""

    def note(self, ledger_put: LedgerPut) -> None:
        """Write to the ledger now, or as soon as the table answers."""

    def write_on_exit(self, ledger_put: LedgerPut) -> None:
        """Write to the ledger together with the release of the lock."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Acquirer(Protocol):
    """How a plan gets its lock session."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """Whether no release is running and there is no freeze. Raises Refused when the lock cannot be read."""

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """Acquire the lock for a plan, with the first write of its ledger entry; may wait.

        Raises Locked, or Refused when the lock cannot be written.
        """


class WithoutLock:
    """A session without lock and ledger, for a rollback that must not use the table."""

    fence: int | None = None
    waited = False
    taken_from: str | None = None

    def confirm(self) -> None:
        """Nothing to check."""

    def is_lost(self) -> bool:
        """Never: there is no lock."""
        return False

    def write(self, ledger_put: LedgerPut) -> None:
        """Write nothing."""

    note = write_on_exit = write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to release."""


@dataclass(frozen=True)
class WaitingAcquirer:
    """Lock sessions of releases: one at a time."""

    clients: Clients
    clock: Clock
    emit: Emit
    wait: float
    """How many seconds to wait for the lock."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """See Acquirer."""
        with refusing(f"the lock of {plan.environment} could not be read"):
            item = self._store(plan).read()
        return item.holder is None and item.freeze is None

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Acquirer."""
        with refusing(f"the lock of {plan.environment} could not be taken"):
            return acquire(
                self._store(plan),
                _holder(plan),
                self.clock,
                wait=self.wait,
                on_wait=lambda item: self.emit(WaitingForLock(describe_wait(item))),
                environment=plan.environment,
                opening_put=lambda fence: put_of(table_of(plan), opening.model_copy(update={"fence": fence})),
            )

    def _store(self, plan: ReleasePlan) -> DynamoLockStore:
        return DynamoLockStore(self.clients.dynamodb, table_of(plan))


@dataclass(frozen=True)
class TakeoverAcquirer:
    """Lock sessions of rollbacks: ignore a freeze, take the lock from its holder, and go on without it if unreachable."""

    clients: Clients
    emit: Emit
    without_ledger: bool = False
    """Do not use the table at all."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """A rollback never waits."""
        return True

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Acquirer; nothing is raised."""
        if self.without_ledger:
            return WithoutLock()
        store = DynamoLockStore(self.clients.once.dynamodb, table_of(plan))
        return Takeover(store, _holder(plan), self.emit, put_of(table_of(plan), opening))


@dataclass(frozen=True)
class ResumingAcquirer:
    """Lock sessions of resumed releases: a rollback takes the lock over, any other release waits."""

    takeover: TakeoverAcquirer
    waiting: WaitingAcquirer

    def is_free(self, plan: ReleasePlan) -> bool:
        """See Acquirer."""
        return self._acquirer_for(plan).is_free(plan)

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Acquirer."""
        return self._acquirer_for(plan).acquire(plan, opening)

    def _acquirer_for(self, plan: ReleasePlan) -> Acquirer:
        return self.takeover if kind_of(plan.release_id) == ROLLBACK else self.waiting


def now() -> str:
    """The current time in UTC, for display."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def local_user() -> str:
    """User and host, for display where the AWS identity was not read."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def table_of(plan: ReleasePlan) -> str:
    """The environment's table of releases."""
    # infra names the table by this pattern (infra/core/names.py); a rollback relies on it when it cannot read the contract.
    return plan.releases_table or f"{resource_stem(plan.environment)}-releases"


def _holder(plan: ReleasePlan) -> Holder:
    reason = "; ".join(text for text in (plan.purpose, plan.incident, plan.reason) if text)
    return Holder(plan.release_id, plan.caller or local_user(), now(), uuid.uuid4().hex, reason)
