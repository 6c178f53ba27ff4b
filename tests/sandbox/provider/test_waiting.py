"""The provider waits as the real one does, and gives up."""

from __future__ import annotations

import pytest

from sandbox.provider.waiting import TookTooLong, wait_for


def test_it_looks_until_the_state_is_there() -> None:
    states = iter(["creating", "creating", "available", "never asked"])
    wait_for("available", lambda: next(states), "database", 5.0)
    assert next(states) == "never asked"


def test_it_gives_up_and_says_what_it_saw() -> None:
    with pytest.raises(TookTooLong, match="database is creating, not available, after 0 s"):
        wait_for("available", lambda: "creating", "database", 0.05)
