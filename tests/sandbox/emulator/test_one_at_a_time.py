"""Releases that begin at the same moment: one has its way, the others say whose. `make prove` does it with 50."""

from __future__ import annotations

import pytest

from tests.support import lock_contest as contest

pytestmark = [pytest.mark.emulator, pytest.mark.waits]


def test_of_three_at_once_one_wins_and_two_name_it() -> None:
    assert contest.hold(3).failures() == []
