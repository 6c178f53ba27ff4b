"""A release's turn: how a plan gets the lock of its environment, and how a rollback takes it from whoever has it."""

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
from appdeploy.lock.lease import acquire, describe
from appdeploy.lock.store import DynamoLockStore, LedgerPut
from appdeploy.lock.takeover import Takeover
from appdeploy.model.events import Emit, WaitingForLock
from appdeploy.model.release_id import ROLLBACK, kind_of

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock
    from appdeploy.model.ledger_entry import Entry
    from appdeploy.model.plan import ReleasePlan


class LockSession(Protocol):
    """The right to send writes. A context manager: leaving it ends the turn."""

    fence: int | None
    """Which holder of the lock this is; None without a lock."""
    waited: bool
    """Whether others were at work before, so that what was read is out of date."""

    @property
    def taken_from(self) -> str | None:
        """The release that it was taken from, as far as it is known: a late write of that one can still land."""

    def confirm(self) -> None:
        """Asked before each write. Raises LockLost or OutOfReach when nothing must be sent."""

    def is_lost(self) -> bool:
        """Whether it is somebody else's turn by now, as far as that can be told."""

    def write(self, ledger_put: LedgerPut) -> None:
        """Write that into the table before anything is sent. Raises LockLost or OutOfReach when nothing must be sent."""

    def note(self, ledger_put: LedgerPut) -> None:
        """Write that into the table, now or as soon as it answers."""

    def write_on_exit(self, ledger_put: LedgerPut) -> None:
        """Write that into the table with the end of the turn."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Acquirer(Protocol):
    """How a plan gets its turn."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """Whether nobody is at work and nothing is frozen. Raises Refused when the lock cannot be reached."""

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """A turn for a plan, together with the first write of its entry in the ledger; it may wait.

        Raises Locked, or Refused when the lock cannot be reached.
        """


class WithoutLock:
    """A turn without lock and record: for a rollback that is told not to try the table."""

    fence: int | None = None
    waited = False
    taken_from: str | None = None

    def confirm(self) -> None:
        """There is nothing to lose."""

    def is_lost(self) -> bool:
        """There was nothing to lose."""
        return False

    def write(self, ledger_put: LedgerPut) -> None:
        """Nothing is written."""

    note = write_on_exit = write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """There is nothing to let go."""


@dataclass(frozen=True)
class WaitingAcquirer:
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

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Line."""
        with refusing(f"the lock of {plan.environment} could not be taken"):
            return acquire(
                self._store(plan),
                _holder(plan),
                self.clock,
                wait=self.wait,
                on_wait=lambda item: self.emit(WaitingForLock(describe(item))),
                opening_put=lambda fence: put_of(table_of(plan), opening.model_copy(update={"fence": fence})),
            )

    def _store(self, plan: ReleasePlan) -> DynamoLockStore:
        return DynamoLockStore(self.clients.dynamodb, table_of(plan))


@dataclass(frozen=True)
class TakeoverAcquirer:
    """Turns of rollbacks: through a freeze, taken from whoever has the lock, and without it when it is out of reach."""

    clients: Clients
    emit: Emit
    without_ledger: bool = False
    """Not even to try the table."""

    def is_free(self, plan: ReleasePlan) -> bool:
        """A rollback waits for nobody."""
        return True

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Line; nothing is raised."""
        if self.without_ledger:
            return WithoutLock()
        store = DynamoLockStore(self.clients.once.dynamodb, table_of(plan))
        return Takeover(store, _holder(plan), self.emit, put_of(table_of(plan), opening))


@dataclass(frozen=True)
class ResumingAcquirer:
    """Turns of resumed releases: a rollback's at once, any other one's in line."""

    takeover: TakeoverAcquirer
    waiting: WaitingAcquirer

    def is_free(self, plan: ReleasePlan) -> bool:
        """See Line."""
        return self._acquirer_for(plan).is_free(plan)

    def acquire(self, plan: ReleasePlan, opening: Entry) -> LockSession:
        """See Line."""
        return self._acquirer_for(plan).acquire(plan, opening)

    def _acquirer_for(self, plan: ReleasePlan) -> Acquirer:
        return self.takeover if kind_of(plan.release_id) == ROLLBACK else self.waiting


def now() -> str:
    """The time of day in UTC, for people to read."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def local_user() -> str:
    """Who works at this machine, for people to read, where AWS was not asked."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def table_of(plan: ReleasePlan) -> str:
    """The environment's table of releases."""
    # infra names the table by this pattern (infra/naming.py); a rollback relies on it when it cannot read the contract.
    return plan.releases_table or f"axonflow-{plan.environment}-releases"


def _holder(plan: ReleasePlan) -> Holder:
    why = "; ".join(words for words in (plan.purpose, plan.incident, plan.reason) if words)
    return Holder(plan.release_id, plan.caller or local_user(), now(), uuid.uuid4().hex, why)
