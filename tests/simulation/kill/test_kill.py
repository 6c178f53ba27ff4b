"""Nothing lost: a command that was killed at any of its calls is resumed to a right end, and planted bugs are found.

`make prove` tries all points of all scenarios; here a sample is tried.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.simulation.kill.by_process import run
from tests.simulation.kill.matrix import Found, Matrix, open_matrix, some
from tests.simulation.kill.mutants import MUTANTS
from tests.simulation.kill.scenarios import SCENARIOS

SEED = 20251125
DRAWN = 2
"""Of the scenarios."""
SHARE = 0.05
"""Of the states of each."""
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with open_matrix() as opened:
        yield opened


def test_what_was_killed_at_any_call_is_resumed_to_a_right_end(matrix: Matrix) -> None:
    choose = some(SEED, SHARE)
    found = [matrix.run(scenario, SEED, choose) for scenario in random.Random(SEED).sample(SCENARIOS, DRAWN)]

    assert not [wrong for each in found for wrong in each.wrong]
    assert sum(each.states for each in found) >= DRAWN, "the sample tries little"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_found(matrix: Matrix, name: str) -> None:
    mutant = MUTANTS[name]

    def shows(found: Found) -> bool:
        return any(mutant.sign in wrong for wrong in found.wrong)

    with mutant.planted():
        found = matrix.run(BY_NAME[mutant.scenario], SEED, mutant.shows_at, shows)

    assert shows(found), found.wrong


@pytest.mark.waits
def test_a_process_that_was_killed_by_sigkill_is_resumed_by_another() -> None:
    found = run(SEED, seconds=60, platforms=1, most=1)

    assert not found.wrong
    assert len(found.killed) == 1
