"""Outcomes and exit statuses: scripts depend on these numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.model.outcome import ExitCode, Outcome, worst

TABLE = {
    "live": 0,
    "unchanged": 0,
    "refused": 10,
    "rolled-back-by-ecs": 20,
    "rolled-back": 21,
    "failed": 22,
    "superseded": 23,
    "timed-out": 24,
    "skipped": 25,
}


def test_every_outcome_has_its_published_exit_status():
    assert {outcome.value: outcome.exit_code for outcome in Outcome} == TABLE


def test_exit_statuses_of_the_command_itself():
    assert (ExitCode.UNEXPECTED, ExitCode.USAGE, ExitCode.INTERRUPTED) == (1, 2, 130)


@given(st.lists(st.sampled_from(list(Outcome)), min_size=1))
def test_of_several_services_the_worst_decides(outcomes):
    order = [22, 24, 23, 21, 20, 10, 25, 0]
    assert worst(outcomes).exit_code == min((outcome.exit_code for outcome in outcomes), key=order.index)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_live_and_unchanged_are_good(outcome):
    assert outcome.ok == (outcome in (Outcome.LIVE, Outcome.UNCHANGED))


def test_a_release_of_nothing_is_unchanged():
    assert worst([]) is Outcome.UNCHANGED


def test_a_release_that_replaced_one_service_and_found_another_unchanged_is_live():
    assert worst([Outcome.UNCHANGED, Outcome.LIVE, Outcome.UNCHANGED]) is Outcome.LIVE
