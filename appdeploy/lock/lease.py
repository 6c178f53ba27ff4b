"""Acquires the lock, and renews it while a release sends writes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.lock.item import Holder, LockItem
from appdeploy.lock.store import LedgerPut, LockStore
from appdeploy.model.clock import Clock
from appdeploy.model.errors import Locked, LockLost, OutOfReach
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.plan import Change
from appdeploy.model.words import duration, resume_command

LEASE_SECONDS = 30.0
"""How long a holder may go without a renewal before it counts as dead."""
HEARTBEAT_SECONDS = 5.0
"""How often a holder renews: five renewals may be lost before another release takes over."""
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
    environment: str,
    opening_put: Callable[[int], LedgerPut] | None = None,
) -> HeldLock:
    """Acquire the lock, or report its holder.

    A holder whose item changes is alive: Locked is raised after `wait` seconds. A holder without a renewal for a whole
    lease on our clock is dead, and its lock is taken over. `on_wait` is called once for each holder or freeze that we wait
    for. `opening_put` makes, from the fence, the ledger write that is sent with the lock's.
    """
    until = clock.now() + wait
    last_mark, unchanged_since, reported = None, clock.now(), None
    while True:
        asked = clock.now()
        item = store.read()
        now = clock.now()
        expired = last_mark == item.mark and now - unchanged_since >= LEASE_SECONDS
        if item.freeze is None and (item.holder is None or expired):
            fence = store.take(item.mark, holder, opening_put(item.fence + 1) if opening_put else None)
            if fence is not None:
                return HeldLock(store, fence, clock, renewed=asked, waited=reported is not None)
            continue
        alive = item.freeze is not None or (last_mark is not None and last_mark != item.mark)
        if alive and now >= until:
            raise Locked(f"{describe(item)}: {what_to_type(item, environment, _entry_of(store, item), caller=holder.who)}")
        if reported != (item.holder, item.freeze):
            reported = (item.holder, item.freeze)
            on_wait(item)
        if last_mark != item.mark:
            last_mark, unchanged_since = item.mark, now
        clock.sleep(_POLL_SECONDS)


def describe(item: LockItem) -> str:
    """The holder or the freeze: who, since when and why, in one line."""
    if item.freeze is not None:
        return f"frozen by {item.freeze.who} since {item.freeze.since}: {item.freeze.reason}"
    if item.holder is not None:
        why = f": {item.holder.reason}" if item.holder.reason else ""
        held = "left behind" if is_dead(item) else "held"
        return f"{held} by {item.holder.release} of {item.holder.who} since {item.holder.since}{why}{_silence(item)}"
    return "free"


def describe_wait(item: LockItem) -> str:
    """The same for a command that waits: a silent holder is taken over, and that takes a whole lease from the first look."""
    wait = f"; it is taken over after {LEASE_SECONDS:.0f} s unless it renews" if _silence(item) else ""
    return f"{describe(item)}{wait}"


WAIT_OPTION = "--lock-wait SECONDS waits for it"


def what_to_type(
    item: LockItem, environment: str, entry: Entry | None, *, waits: str = WAIT_OPTION, caller: str | None = None
) -> str:
    """The commands with which a person goes on.

    `entry` is what the ledger has of the holder, None if that is not known; `waits` says how to wait for it; `caller` is who
    reads this, and is not asked to ask themselves.
    """
    if item.freeze is not None:
        ask = "" if item.freeze.who == caller else f"ask {item.freeze.who}; "
        return f"{ask}`appdeploy unlock -e {environment}` lifts it, and a rollback ignores it"
    if item.holder is not None and is_silent(item):
        if entry is not None and entry.settled:
            return "its release has ended, and the next release takes the lock over"
        resume = f"`{resume_command(environment, item.holder.release)}` continues it"
        from_when = "now" if is_dead(item) else f"once it has been silent for {LEASE_SECONDS:.0f} s"
        return f"{resume} {from_when}"
    touched = _services_to_roll_back(entry)
    if not touched:
        return waits
    return f"{waits}, `appdeploy rollback -e {environment} -s {','.join(touched)}` ends it"


def _services_to_roll_back(entry: Entry | None) -> list[str]:
    """The services that have the release's new version, or are getting it now: a rollback of another one goes too far back.

    A restart has no version of its own to return from, and a rollback is already one.
    """
    services = entry.services.items() if entry else ()
    return [name for name, service in services if service.update_sent and service.change == Change.RELEASE.value]


def _entry_of(store: LockStore, item: LockItem) -> Entry | None:
    with contextlib.suppress(*AwsError):
        return store.entry_of(item.holder) if item.holder else None
    return None


def is_silent(item: LockItem) -> bool:
    """Whether the holder has missed a heartbeat. By its clock and ours: only for a person to read."""
    return _silent_seconds(item) > 2 * HEARTBEAT_SECONDS


def is_dead(item: LockItem) -> bool:
    """Whether the holder has not renewed for a whole lease. By its clock and ours: only for a person to read."""
    return _silent_seconds(item) > LEASE_SECONDS


def _silence(item: LockItem) -> str:
    return f"; its process has been silent for {duration(_silent_seconds(item))}" if is_silent(item) else ""


def _silent_seconds(item: LockItem) -> float:
    if item.holder is None or not item.renewed:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(item.renewed)).total_seconds()


class HeldLock:
    """The lock while we hold it. As a context manager it renews in the background and releases at the end."""

    def __init__(self, store: LockStore, fence: int, clock: Clock, *, renewed: float, waited: bool = False) -> None:
        """`renewed` is the clock's reading just before the write that acquired the lock."""
        self.fence: int | None = fence
        self.taken_from: str | None = None
        """Always None: a release never takes the lock from a holder that may still be running."""
        self.waited = waited
        """Whether we waited for another release, so that earlier reads are stale."""
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
        # A table that does not answer is no error at this point: the next release takes over after one lease.
        for _ in range(_RELEASE_TRIES):
            with contextlib.suppress(*AwsError):
                self._store.release(self._fence, self._pending)
                return

    def confirm(self) -> None:
        """Ensure, just before a write to ECS, that we hold the lock for as long as the call may take.

        ECS cannot reject a late write, so it must not be sent. Raises LockLost when another command holds the lock,
        OutOfReach when that is not known.
        """
        if not self._lost and self._lease_left() > CALL_SECONDS:
            return
        try:
            self._renew()
        except AwsError as error:
            raise _not_in_time(error) from None
        self._raise_if_lost()

    def write(self, ledger_put: LedgerPut) -> None:
        """Renew with this ledger write, retrying within the lease. Raises LockLost or OutOfReach when it was not written."""
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
        """Send this ledger write now if the table answers, else with the next heartbeat or with the release of the lock."""
        self._pending = ledger_put
        with contextlib.suppress(*AwsError):
            self._renew()

    def write_on_exit(self, ledger_put: LedgerPut) -> None:
        """Send this ledger write with the release of the lock."""
        self._pending = ledger_put

    def _lease_left(self) -> float:
        return LEASE_SECONDS - (self._clock.now() - self._renewed)

    def is_lost(self) -> bool:
        """See LockSession. Reads the table; if it does not answer, the last known state."""
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
                continue  # `confirm` decides before the next write what a table without an answer means.

    def _raise_if_lost(self) -> None:
        if self._lost:
            raise LockLost(f"lost the lock ({self._current_holder()}): nothing more is sent")

    def _current_holder(self) -> str:
        try:
            return describe(self._store.read())
        except AwsError:
            return "its holder could not be read"


def _not_in_time(error: BaseException) -> OutOfReach:
    return OutOfReach(f"the lock could not be renewed in time ({explain(error)}): nothing more is sent")
