"""Getting the lock, and holding it for as long as a release sends writes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.lock.item import Holder, LockItem
from appdeploy.lock.store import LedgerPut, LockStore
from appdeploy.model.clock import Clock
from appdeploy.model.errors import Locked, LockLost, OutOfReach

LEASE_SECONDS = 30.0
"""How long a holder may stay still before it counts as dead."""
HEARTBEAT_SECONDS = 5.0
"""How often a holder renews: five renewals may be lost before anybody takes over."""
CALL_SECONDS = 13.0
"""The longest that one call may take: connect and read time-outs of the clients (appdeploy.aws.clients)."""

_POLL_SECONDS = 1.0
_RELEASE_TRIES = 3


def acquire(
    store: LockStore,
    holder: Holder,
    clock: Clock,
    *,
    wait: float,
    on_wait: Callable[[LockItem], None],
    opening_put: Callable[[int], LedgerPut] | None = None,
) -> HeldLock:
    """Become the holder, or find out who is.

    A holder that is seen to move is alive: Locked is raised, unless `wait` seconds have not passed yet. One that stays
    still for a whole lease on our own clock is dead and is taken over. `tell` hears once of each lock that we wait for.
    `record` makes, from the fence, what is written together with the lock.
    """
    until = clock.now() + wait
    watched, since, told = None, clock.now(), None
    while True:
        asked = clock.now()
        item = store.read()
        now = clock.now()
        still = watched == item.mark and now - since >= LEASE_SECONDS
        if item.freeze is None and (item.holder is None or still):
            fence = store.take(item.mark, holder, opening_put(item.fence + 1) if opening_put else None)
            if fence is not None:
                return HeldLock(store, fence, clock, renewed=asked, waited=told is not None)
            continue
        alive = item.freeze is not None or (watched is not None and watched != item.mark)
        if alive and now >= until:
            raise Locked(describe(item))
        if told != (item.holder, item.freeze):
            told = (item.holder, item.freeze)
            on_wait(item)
        if watched != item.mark:
            watched, since = item.mark, now
        clock.sleep(_POLL_SECONDS)


def describe(item: LockItem) -> str:
    """Who holds the lock or froze the environment, since when and why, in one line."""
    if item.freeze is not None:
        return f"frozen by {item.freeze.who} since {item.freeze.since}: {item.freeze.reason}"
    if item.holder is not None:
        why = f": {item.holder.reason}" if item.holder.reason else ""
        return f"held by {item.holder.release} of {item.holder.who} since {item.holder.since}{why}"
    return "free"


class HeldLock:
    """The lock while it is ours. As a context manager it renews itself in the background and lets go at the end."""

    def __init__(self, store: LockStore, fence: int, clock: Clock, *, renewed: float, waited: bool = False) -> None:
        """`renewed` is the clock's reading just before the write that gave us the lock."""
        self.fence: int | None = fence
        self.taken_from: str | None = None
        """A release waits its turn: it takes the lock from nobody that may still be at work."""
        self.waited = waited
        """Whether we stood in line, so that what was read before is out of date."""
        self._store = store
        self._fence = fence
        self._clock = clock
        self._renewed = renewed
        self._lost = False
        self._pending: LedgerPut | None = None
        self._end = threading.Event()
        self._guard = threading.Lock()
        self._heartbeat_thread = threading.Thread(target=self._heartbeat, name="lock-heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._heartbeat_thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._heartbeat_thread.join(CALL_SECONDS)
        # A silent table is not worth an error after the work is done: the next release takes over after one lease.
        for _ in range(_RELEASE_TRIES):
            with contextlib.suppress(*AwsError):
                self._store.release(self._fence, self._pending)
                return

    def confirm(self) -> None:
        """Make sure, just before a write to ECS, that the lock is ours and stays so for as long as the call may take.

        ECS cannot refuse a write that comes too late, so it must not be sent. Raises LockLost when somebody else has the
        lock, OutOfReach when that cannot be told.
        """
        if not self._lost and self._lease_left() > CALL_SECONDS:
            return
        try:
            self._renew()
        except AwsError as error:
            raise _not_in_time(error) from None
        self._raise_if_lost()

    def write(self, ledger_put: LedgerPut) -> None:
        """Renew, and write that along, as long as the lease allows. Raises LockLost or OutOfReach when it is not written."""
        self._pending = ledger_put
        while True:
            try:
                self._renew()
            except AwsError as error:
                if not is_transient(error) or self._lease_left() <= CALL_SECONDS:
                    raise _not_in_time(error) from None
                self._clock.sleep(_POLL_SECONDS)
            else:
                return self._raise_if_lost()

    def note(self, ledger_put: LedgerPut) -> None:
        """Write that along now if the table answers, else with the next heartbeat, or with letting go."""
        self._pending = ledger_put
        with contextlib.suppress(*AwsError):
            self._renew()

    def write_on_exit(self, ledger_put: LedgerPut) -> None:
        """Write that along with letting go."""
        self._pending = ledger_put

    def _lease_left(self) -> float:
        return LEASE_SECONDS - (self._clock.now() - self._renewed)

    def is_lost(self) -> bool:
        """See Turn. Asks the table; one that does not answer says nothing."""
        with contextlib.suppress(*AwsError):
            self._renew()
        return self._lost

    def _renew(self) -> None:
        with self._guard:
            asked, ledger_put = self._clock.now(), self._pending
            if self._lost:
                return
            if not self._store.renew(self._fence, ledger_put):
                self._lost = True
                return
            self._renewed = asked
            if self._pending is ledger_put:
                self._pending = None

    def _heartbeat(self) -> None:
        while not self._lost and not self._end.wait(HEARTBEAT_SECONDS):
            try:
                self._renew()
            except AwsError:
                continue  # `confirm` decides what a silent table means, when something is to be sent

    def _raise_if_lost(self) -> None:
        if self._lost:
            raise LockLost(f"the lock is not ours any more ({self._current_holder()}): nothing more is sent")

    def _current_holder(self) -> str:
        try:
            return describe(self._store.read())
        except AwsError:
            return "who has it now cannot be read"


def _not_in_time(error: BaseException) -> OutOfReach:
    return OutOfReach(f"the lock could not be renewed in time ({explain(error)}): nothing more is sent")
