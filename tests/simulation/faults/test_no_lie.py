"""No lie: what the tool says of random releases is what the event journal shows, and planted bugs are found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.faults.mutants import MUTANTS, hunt, is_found
from tests.simulation.faults.search import Stage, open_stage, search

SEED = 20251125
RELEASES = 20
"""Of the sample; `make prove` tries 2,000."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


def test_of_a_sample_of_random_releases_nothing_untrue_is_said(stage: Stage) -> None:
    found = search(stage, SEED, RELEASES)

    assert not found.mismatches, "\n".join(map(str, found.mismatches))
    assert found.outcomes.keys() >= {"live", "rolled-back", "timed-out", "refused"}, "the sample tries little"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_found(stage: Stage, name: str) -> None:
    found = hunt(stage, MUTANTS[name])

    assert is_found(MUTANTS[name], found), f"not within {found.releases} releases"
    print(f"{name}: found after {found.releases} releases: {found.mismatches[-1]}")
