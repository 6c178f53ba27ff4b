"""A rollback's lock session: takes the lock from any holder, ignores a freeze, and retries while the table does not answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from appdeploy.aws.errors import AwsError, explain
from appdeploy.aws.parallel import with_timeout
from appdeploy.lock.item import Holder, LockItem
from appdeploy.lock.lease import HEARTBEAT_SECONDS, describe
from appdeploy.lock.store import LedgerPut, LockStore
from appdeploy.model.events import ContinuedWithoutLock, Emit, LockTakenOver, NotRecorded

TAKEOVER_SECONDS = 0.8
"""How long a rollback waits for the table before it continues. If neither SSM nor DynamoDB answers, the update still has to
be sent within 3 seconds of the command (docs/evidence/rollback-time.md)."""


_RELEASE_TRIES = 3


class Takeover:
    """A lock session that does not depend on the table, and writes to it when it can.

    Until the first write succeeds each heartbeat retries it, so that the record is complete in the end.
    """

    waited = False

    def __init__(self, store: LockStore, holder: Holder, emit: Emit, opening: LedgerPut) -> None:
        self.fence: int | None = None
        """Known once the table was read after the first write."""
        self.previous_lock: LockItem | None = None
        """The lock before the takeover; None while not known."""
        self._store = store
        self._holder = holder
        self._emit = emit
        self._pending: LedgerPut | None = opening
        self._taken = False
        self._lost = False
        self._takeover_reported = False
        self._end = threading.Event()
        self._guard = threading.Lock()
        self._heartbeat_thread = threading.Thread(target=self._heartbeat, name="lock-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        reason = self._try()
        if reason is not None:
            self._emit(ContinuedWithoutLock(reason))
        self._heartbeat_thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        for _ in range(_RELEASE_TRIES):
            if self._try(self._release) is None:
                break
        if not self._taken:
            self._emit(NotRecorded())

    @property
    def taken_from(self) -> str | None:
        """The release that held the lock before, if known."""
        return self.previous_lock.holder.release if self.previous_lock and self.previous_lock.holder else None

    def is_lost(self) -> bool:
        """See LockSession. Reads the table for a second at most; if it does not answer, the last known state."""
        self._try()
        return self._lost

    def confirm(self) -> None:
        """A rollback needs no confirmation."""

    def write(self, ledger_put: LedgerPut) -> None:
        """Send this ledger write within a second, else as soon as the table answers."""
        self._pending = ledger_put
        self._try()
        if self.previous_lock and (self.previous_lock.holder or self.previous_lock.freeze) and not self._takeover_reported:
            self._takeover_reported = True
            self._emit(LockTakenOver(describe(self.previous_lock)))

    note = write

    def write_on_exit(self, ledger_put: LedgerPut) -> None:
        """Send this ledger write with the release of the lock."""
        self._pending = ledger_put

    def _try(self, step: Callable[[], None] | None = None) -> str | None:
        """Do one write to the table, for a second at most. Returns why it failed, or None."""
        try:
            with_timeout(TAKEOVER_SECONDS, lambda: self._exclusively(step or self._take_or_renew))
        except TimeoutError:
            return f"no answer of DynamoDB within {TAKEOVER_SECONDS:g} s"
        except AwsError as error:
            return explain(error)
        return None

    def _exclusively(self, step: Callable[[], None]) -> None:
        # A write that timed out here may still be running: the next call completes it.
        if not self._guard.acquire(timeout=TAKEOVER_SECONDS):
            raise TimeoutError
        try:
            step()
        finally:
            self._guard.release()

    def _take_or_renew(self) -> None:
        ledger_put = self._pending
        if not self._taken:
            self._store.take_over(self._holder, ledger_put)
            self._taken = True
        else:
            self._read_fence()
            if self.fence is not None and not self._lost:
                self._lost = not self._store.renew(self.fence, ledger_put)
        if self._pending is ledger_put:
            self._pending = None

    def _read_fence(self) -> None:
        """Read what the takeover did not return: our fence, and the previous holder."""
        if self.fence is not None or self._lost:
            return
        item = self._store.read()
        self._lost = item.holder is None or item.holder.token != self._holder.token
        if not self._lost:
            # A takeover whose reply was lost is sent again, and then takes the lock from itself.
            previous = item.previous if item.previous and item.previous.token != self._holder.token else None
            self.previous_lock = LockItem(holder=previous, freeze=item.freeze)
            self.fence = item.fence

    def _release(self) -> None:
        if not self._taken:
            self._take_or_renew()
        self._read_fence()
        if self.fence is not None and not self._lost:
            self._store.release(self.fence, self._pending)

    def _heartbeat(self) -> None:
        while not self._lost and not self._end.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(TimeoutError, *AwsError):
                self._exclusively(self._take_or_renew)
