"""When a rollout is looked at again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.watch.pace import SOON, Awaited, Durations, Pace

TEN_MINUTES = 600.0
SLACK = 1e-6


def looks(awaited: Awaited, *, until: float, changes: tuple[float, ...] = (), calls: int = 1) -> list[float]:
    """The moments of all looks at a rollout that always awaits the same, from 0 on; `changes` are seen at the next look."""
    pace, seen, moments = Pace(0.0), 0, []
    while pace.next_look <= until:
        now = pace.next_look
        moments.append(now)
        happened = sum(change <= now for change in changes)
        pace.looked(now, awaited, changed=happened > seen, calls=calls)
        seen = happened
    return moments


def pauses(moments: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(moments)]


def test_the_first_look_is_at_once_and_the_next_ones_come_ever_later():
    found = pauses(looks(Awaited(), until=60))
    assert looks(Awaited(), until=60)[0] == 0
    assert found[0] == pytest.approx(1, rel=0.1)
    assert found[-1] == pytest.approx(2.5, rel=0.1)


def test_a_change_brings_the_next_looks_closer():
    moments = looks(Awaited(), until=60, changes=(30.0,))
    after = [moment for moment in moments if moment >= 30][:3]
    assert all(pause <= 1.1 for pause in pauses(after))


def test_what_shows_in_nothing_is_looked_at_all_the_time():
    assert max(pauses(looks(SOON, until=60))) <= 1.1


@pytest.mark.parametrize(("calls", "longest"), [(1, 2.5), (2, 5.0), (3, 5.0), (9, 5.0)])
def test_the_more_calls_a_look_takes_the_rarer_it_is(calls, longest):
    assert max(pauses(looks(Awaited(), until=TEN_MINUTES, calls=calls))) == pytest.approx(longest, rel=0.1)


@given(
    st.lists(st.floats(0.1, TEN_MINUTES), max_size=5),
    st.floats(1, 5),
    st.lists(st.floats(0, TEN_MINUTES), max_size=5),
    st.integers(1, 5),
)
def test_it_is_looked_at_in_every_moment_at_which_something_is_due_and_never_forgotten(due, longest, changes, calls):
    moments = looks(Awaited(longest, tuple(due)), until=TEN_MINUTES + 1, changes=tuple(changes), calls=calls)
    assert set(due) <= set(moments)
    assert max(pauses(moments)) <= 5 * 1.1 + SLACK
    assert len(moments) <= TEN_MINUTES / 0.45 + len(due) + 2


def test_after_a_due_moment_the_looks_are_closest():
    moments = looks(Awaited(5.0, (60.0,)), until=70)
    place = moments.index(60.0)
    assert moments[place - 1] < 60
    assert pauses(moments[place:])[0] == pytest.approx(0.5, rel=0.1)


def test_what_is_awaited_anew_is_due_from_then_on():
    pace = Pace(0.0)
    pace.looked(100.0, Awaited(5.0, (3.0,)), changed=False, calls=1)
    assert pace.next_look == 103.0
    pace.looked(103.0, Awaited(5.0, (2.0,)), changed=False, calls=1)
    assert 103.4 < pace.next_look <= 105.0


def test_old_tasks_are_gone_after_their_drain_and_stop_and_the_end_comes_after_the_bake():
    assert Durations(drain=60, stop=30, bake=0).until_complete.due == (60, 90)
    assert Durations(drain=60, stop=30, bake=240).until_complete.due == (60, 90, 240, 330)
    assert Durations(drain=0, stop=30, bake=0).until_complete.due == (30,)


def test_what_is_taken_back_drains_and_stops_too_and_does_not_bake():
    assert Durations(drain=60, stop=30, bake=240).until_taken_back.due == (60, 90)
