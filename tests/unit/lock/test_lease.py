"""The lock: one release at a time, a dead holder taken over, and no clock compared with another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.lock import lease as keeper
from appdeploy.lock import takeover as seizure_module
from appdeploy.lock.item import Freeze, Holder, LockItem, Mark
from appdeploy.lock.lease import CALL_SECONDS, LEASE_SECONDS, HeldLock, acquire, describe, describe_wait, what_to_type
from appdeploy.lock.store import LedgerPut
from appdeploy.lock.takeover import Takeover
from appdeploy.model.errors import Locked, LockLost, OutOfReach
from appdeploy.model.events import ContinuedWithoutLock, Event, LockTakenOver, NotRecorded
from appdeploy.model.ledger_entry import Entry, ServiceEntry, VersionRef
from appdeploy.model.plan import Change
from tests.support.switchboard import StepClock

SILENCE = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
RELEASE = "upgrade-2026-1125-100000-alice"
FREEZE = Freeze("carol", "2026-11-25T10:00:00Z", "load test")
RECORD = {"Put": {"number": 1}}
LATER = {"Put": {"number": 2}}


class MemoryStore:
    """The item in memory, with the same conditions on its writes as in DynamoDB."""

    def __init__(self) -> None:
        self.item = LockItem()
        self.entry: Entry | None = None
        """What the ledger has of any holder."""
        self.silent = False
        self.before_take: Callable[[], None] = lambda: None
        self.before_answer: Callable[[], object] = lambda: None
        self.records: list[LedgerPut] = []
        """What was written along."""
        self._lock = threading.Lock()

    def read(self) -> LockItem:
        self._answer()
        return self.item

    def entry_of(self, holder: Holder) -> Entry | None:
        return self.entry

    def take(self, seen: Mark, holder: Holder, along: LedgerPut | None = None) -> int | None:
        self._answer()
        self.before_take()
        with self._lock:
            if self.item.mark != seen or self.item.freeze:
                return None
            self.item = replace(self.item, fence=seen.fence + 1, beat=0, holder=holder)
            self._record(along)
            return self.item.fence

    def take_over(self, holder: Holder, along: LedgerPut | None = None) -> None:
        self._answer()
        with self._lock:
            former = self.item
            self.item = replace(former, fence=former.fence + 1, beat=0, holder=holder, previous=former.holder)
            self._record(along)

    def renew(self, fence: int, along: LedgerPut | None = None) -> bool:
        self._answer()
        return self._held(fence, lambda item: replace(item, beat=item.beat + 1), along)

    def release(self, fence: int, along: LedgerPut | None = None) -> bool:
        self._answer()
        return self._held(fence, lambda item: replace(item, beat=item.beat + 1, holder=None), along)

    def freeze(self, freeze: Freeze) -> bool:
        self.item = replace(self.item, freeze=freeze)
        return True

    def unfreeze(self) -> None:
        self.item = replace(self.item, freeze=None)

    def evict(self, seen: Mark) -> bool:
        self.item = replace(self.item, fence=seen.fence + 1, beat=0, holder=None)
        return True

    def _held(self, fence: int, change: Callable[[LockItem], LockItem], along: LedgerPut | None = None) -> bool:
        with self._lock:
            if self.item.fence != fence or self.item.holder is None:
                return False
            self.item = change(self.item)
            self._record(along)
            return True

    def _record(self, along: LedgerPut | None) -> None:
        self.records += [along] if along else []

    def _answer(self) -> None:
        self.before_answer()
        if self.silent:
            raise SILENCE


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def holder(name: str = "alice") -> Holder:
    return Holder(f"upgrade-2026-1125-100000-{name}", name, "2026-11-25T10:00:00Z", f"token-{name}")


def take(store: MemoryStore, clock: StepClock, name: str = "alice", wait: float = 0.0) -> HeldLock:
    return acquire(store, holder(name), clock, wait=wait, on_wait=lambda item: None, environment="staging")


def beats_while(clock: StepClock, store: MemoryStore, lock: HeldLock) -> None:
    """The holder renews each time that the other side waits."""
    clock.on_sleep = lambda: (store.renew(lock.fence), None)[1]


def test_a_free_lock_is_taken_at_once(store):
    clock = StepClock()
    assert take(store, clock).fence == 1
    assert clock.now() == StepClock().now()


def test_each_holder_has_a_higher_fence(store):
    for fence in (1, 2, 3):
        with take(store, StepClock()) as lock:
            assert lock.fence == fence
    assert store.item.holder is None


def test_a_holder_that_moves_is_alive(store):
    lock, clock = take(store, StepClock()), StepClock()
    beats_while(clock, store, lock)
    with pytest.raises(Locked, match=r"held by upgrade-2026-1125-100000-alice of alice since 2026-11-25T10:00:00Z"):
        take(store, clock, "bob")
    assert clock.now() - 1000 < 2 * keeper.HEARTBEAT_SECONDS


def test_a_holder_that_stays_still_for_a_lease_is_taken_over(store):
    take(store, StepClock())
    clock = StepClock()
    assert take(store, clock, "bob").fence == 2
    assert LEASE_SECONDS <= clock.now() - 1000 < LEASE_SECONDS + 3


def test_clocks_ten_minutes_apart_change_nothing(store):
    """Both processes read their own clock only: one runs ten minutes ahead of the other."""
    first, second = StepClock(), StepClock()
    second.time = first.time + 600
    lock = take(store, first)
    beats_while(second, store, lock)
    with pytest.raises(Locked):
        take(store, second, "bob")
    second.on_sleep = lambda: None
    before = second.now()
    assert take(store, second, "bob").fence == 2
    assert second.now() - before >= LEASE_SECONDS


def test_waiting_gets_the_lock_when_the_holder_lets_go(store):
    lock, clock = take(store, StepClock()), StepClock()

    def live_a_while() -> None:
        if clock.now() < 1060:
            store.renew(lock.fence)
        else:
            store.release(lock.fence)

    clock.on_sleep = live_a_while
    assert take(store, clock, "bob", wait=300).fence == 2


def test_waiting_has_an_end(store):
    lock, clock = take(store, StepClock()), StepClock()
    beats_while(clock, store, lock)
    with pytest.raises(Locked):
        take(store, clock, "bob", wait=100)
    assert 100 <= clock.now() - 1000 < 110


def test_a_freeze_is_told_with_its_reason_and_needs_no_watching(store):
    store.freeze(FREEZE)
    clock = StepClock()
    with pytest.raises(Locked, match="frozen by carol since 2026-11-25T10:00:00Z: load test"):
        take(store, clock)
    assert clock.now() == 1000


def test_a_freeze_stays_however_long_it_does_not_move(store):
    store.freeze(FREEZE)
    with pytest.raises(Locked):
        take(store, StepClock(), wait=10 * LEASE_SECONDS)


def test_who_waits_is_told_once_of_each_holder(store):
    lock, clock = take(store, StepClock()), StepClock()
    beats_while(clock, store, lock)
    reported: list[str] = []
    with pytest.raises(Locked):
        acquire(
            store, holder("bob"), clock, wait=60, on_wait=lambda item: reported.append(describe(item)), environment="staging"
        )
    assert reported == ["held by upgrade-2026-1125-100000-alice of alice since 2026-11-25T10:00:00Z"]


def entry_of(change: str, sent: tuple[str, ...]) -> Entry:
    """What the ledger has of a release of three services, of which the updates of these were sent."""
    kept = {
        name: ServiceEntry(service=name, change=change, previous=VersionRef(), target=VersionRef(), update_sent=name in sent)
        for name in ("agent", "orchestrator", "portal")
    }
    return Entry(
        id=RELEASE,
        kind="upgrade",
        environment="staging",
        purpose="v2",
        who="alice",
        started=datetime.now(UTC),
        services=kept,
    )


def silent_for(seconds: float, **more: Any) -> LockItem:
    moment = datetime.now(UTC) - timedelta(seconds=seconds)
    return LockItem(1, 1, holder=holder(), renewed=moment.isoformat(), **more)


@pytest.mark.parametrize(("seconds", "said"), [(3, ""), (9, ""), (12, "12 s"), (45, "45 s"), (400, "6 min 40 s")])
def test_a_holder_that_does_not_renew_is_called_silent(seconds, said):
    text = describe(silent_for(seconds))
    assert ("its process has been silent" in text) == bool(said)
    assert said in text


def test_a_wait_for_a_silent_holder_says_how_long_it_is():
    assert "; it is taken over after 30 s unless it renews" in describe_wait(silent_for(45))
    assert "taken over" not in describe_wait(silent_for(3))


@pytest.mark.parametrize(
    ("silent", "freeze", "text"),
    [
        (3, None, "--lock-wait SECONDS waits for it, `appdeploy rollback -e staging -s agent` ends it"),
        (12, None, f"`appdeploy resume -e staging {RELEASE}` continues it once it has been silent for 30 s"),
        (45, None, f"`appdeploy resume -e staging {RELEASE}` continues it now"),
        (3, FREEZE, "ask carol; `appdeploy unlock -e staging` lifts it, and a rollback ignores it"),
        (45, FREEZE, "ask carol; `appdeploy unlock -e staging` lifts it, and a rollback ignores it"),
    ],
)
def test_a_lock_says_what_to_type(silent, freeze, text):
    assert what_to_type(silent_for(silent, freeze=freeze), "staging", entry_of("release", sent=("agent",))) == text


@pytest.mark.parametrize("change", [*sorted({each.value for each in Change} - {"release"}), "count"])
def test_only_a_new_version_is_ended_by_a_rollback(change):
    """That of a restart, a rollback or a count would return to an older version than the one that ran before."""
    assert what_to_type(silent_for(3), "staging", entry_of(change, sent=("agent",))) == "--lock-wait SECONDS waits for it"


@pytest.mark.parametrize("sent", [(), ("agent",), ("agent", "portal")])
def test_a_rollback_names_the_services_whose_update_was_sent_and_no_other(sent):
    text = what_to_type(silent_for(3), "staging", entry_of("release", sent))
    assert text.count("rollback") == bool(sent)
    assert not sent or f"-s {','.join(sent)}`" in text


def test_a_holder_that_the_ledger_does_not_know_is_not_rolled_back():
    assert "rollback" not in what_to_type(silent_for(3), "staging", None)


def test_nobody_is_sent_to_ask_himself():
    item = silent_for(3, freeze=FREEZE)
    assert what_to_type(item, "staging", None, caller="carol").startswith("`appdeploy unlock")
    assert what_to_type(item, "staging", None, caller="dave").startswith("ask carol; ")


def test_a_dead_holder_has_left_the_lock_behind():
    assert describe(silent_for(45)).startswith(f"left behind by {RELEASE} of alice")
    assert describe(silent_for(12)).startswith(f"held by {RELEASE} of alice")


def test_a_release_that_is_turned_away_names_the_holder_s_services(store):
    lock, clock = take(store, StepClock()), StepClock()
    store.entry = entry_of("release", sent=("agent",))
    beats_while(clock, store, lock)
    with pytest.raises(Locked, match="`appdeploy rollback -e staging -s agent` ends it"):
        take(store, clock, "bob")


def test_a_refused_release_says_what_to_type(store):
    store.freeze(FREEZE)
    with pytest.raises(Locked, match="`appdeploy unlock -e staging` lifts it"):
        take(store, StepClock())


def test_of_many_at_once_one_wins(store):
    """All read a free lock before any of them writes."""
    barrier = threading.Barrier(8)
    met = threading.local()

    def wait_once() -> None:
        if not getattr(met, "done", False):
            met.done = True
            barrier.wait(timeout=10)

    store.before_take = wait_once
    won: list[int] = []
    lost: list[str] = []

    def contend(name: str) -> None:
        clock = StepClock()
        clock.on_sleep = lambda: (store.renew(1), None)[1]
        try:
            won.append(take(store, clock, name).fence)
        except Locked as error:
            lost.append(str(error))

    threads = [threading.Thread(target=contend, args=(f"contender-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert won == [1]
    assert len(lost) == 7
    assert store.item.holder is not None
    assert all(store.item.holder.release in line for line in lost)


def test_the_winner_may_write(store):
    take(store, StepClock()).confirm()


def test_a_holder_that_was_taken_over_sends_nothing_more(store):
    lock = take(store, StepClock())
    take(store, StepClock(), "bob")
    with pytest.raises(LockLost, match="held by upgrade-2026-1125-100000-bob of bob"):
        lock.write(RECORD)


def test_a_holder_that_was_put_out_sends_nothing_more(store):
    lock = take(store, StepClock())
    store.evict(store.item.mark)
    with pytest.raises(LockLost):
        lock.write(RECORD)


def test_what_a_note_finds_out_is_heeded_before_the_next_write(store):
    lock = take(store, StepClock())
    take(store, StepClock(), "bob")
    lock.note(RECORD)
    with pytest.raises(LockLost):
        lock.confirm()


def test_a_late_record_of_a_former_holder_is_refused(store):
    lock = take(store, StepClock())
    take(store, StepClock(), "bob")
    lock.note(RECORD)
    assert store.records == []


def test_a_step_is_not_begun_while_it_cannot_be_written(store):
    """It is tried until the lease that is left is shorter than a call may take."""
    clock = StepClock()
    lock = take(store, clock)
    store.silent = True
    with pytest.raises(OutOfReach, match="could not be renewed in time"):
        lock.write(RECORD)
    assert LEASE_SECONDS - CALL_SECONDS <= clock.now() - 1000 < LEASE_SECONDS


def test_a_step_is_written_when_the_table_answers_again(store):
    clock = StepClock()
    lock = take(store, clock)
    store.silent = True

    def answer_again() -> None:
        store.silent = clock.now() < 1005

    clock.on_sleep = answer_again
    lock.write(RECORD)
    assert store.records == [RECORD]


def test_what_could_not_be_noted_is_written_with_letting_go(store):
    with take(store, StepClock()) as lock:
        store.silent = True
        lock.note(RECORD)
        store.silent = False
    assert store.records == [RECORD]


def test_a_silent_table_is_borne_while_the_lease_outlasts_a_call(store):
    clock = StepClock()
    lock = take(store, clock)
    store.silent = True
    clock.time += LEASE_SECONDS - CALL_SECONDS - 1
    lock.confirm()
    clock.time += 1
    with pytest.raises(OutOfReach, match="could not be renewed in time"):
        lock.confirm()


def test_letting_go_of_a_lost_lock_leaves_the_winners(store):
    with take(store, StepClock()):
        take(store, StepClock(), "bob")
    assert store.item.holder == holder("bob")


def test_a_release_that_ends_while_the_table_is_silent_ends_well(store):
    with take(store, StepClock()):
        store.silent = True
    assert store.item.holder == holder()


def take_over(store: MemoryStore) -> tuple[Takeover, list[Event]]:
    reported: list[Event] = []
    return Takeover(store, holder("bob"), reported.append, RECORD), reported


def test_a_rollback_takes_the_lock_from_a_live_holder_and_through_a_freeze(store):
    held = take(store, StepClock())
    store.freeze(FREEZE)
    seizure, reported = take_over(store)
    with seizure as lock:
        lock.write(LATER)
        assert (lock.fence, lock.taken_from, store.item.freeze) == (2, holder().release, FREEZE)
        with pytest.raises(LockLost):
            held.write(RECORD)
    assert [type(event) for event in reported] == [LockTakenOver]
    assert store.records == [RECORD, LATER]
    assert store.item.holder is None


def test_a_rollback_goes_on_when_the_table_is_silent_and_says_what_is_missing(store):
    store.silent = True
    seizure, reported = take_over(store)
    with seizure as lock:
        lock.confirm()
        lock.write(LATER)
    assert [type(event) for event in reported] == [ContinuedWithoutLock, NotRecorded]


def test_a_rollback_completes_its_record_when_the_table_answers_again(store):
    store.silent = True
    seizure, reported = take_over(store)
    with seizure as lock:
        lock.write(LATER)
        store.silent = False
    assert store.records == [LATER]
    assert store.item.holder is None
    assert [type(event) for event in reported] == [ContinuedWithoutLock]


def test_a_rollback_waits_a_second_for_the_table(store, monkeypatch):
    monkeypatch.setattr(seizure_module, "TAKEOVER_SECONDS", 0.05)
    answer = threading.Event()
    store.before_answer = lambda: answer.wait(5)
    seizure, reported = take_over(store)
    with seizure:
        assert isinstance(reported[0], ContinuedWithoutLock)
        answer.set()


def test_a_seizure_whose_reply_was_lost_names_who_was_there_before(store):
    take(store, StepClock())
    seizure, _ = take_over(store)
    store.take_over(holder("bob"))
    with seizure as lock:
        lock.write(LATER)
    assert lock.taken_from is None, "it took the lock from itself: who had it before is not known"


def test_the_heart_beats_by_itself(store, monkeypatch):
    monkeypatch.setattr(keeper, "HEARTBEAT_SECONDS", 0.01)
    moved = threading.Event()
    plain = store.renew

    def renew(fence: int, along: LedgerPut | None = None) -> bool:
        moved.set()
        return plain(fence, along)

    store.renew = renew
    with take(store, StepClock()):
        assert moved.wait(timeout=5)
