"""Texts that several outputs share."""

from __future__ import annotations

import pytest

from appdeploy.model.words import duration, problem
from tests.support.event_examples import BAD, GOOD


def test_a_problem_is_its_cause_with_the_log_under_it():
    assert list(problem(BAD)) == ["agent: rolled-back: 2 tasks exited with code 1; last log lines:", "  | boom"]


def test_a_good_result_is_no_problem():
    assert list(problem(GOOD)) == []


@pytest.mark.parametrize(("seconds", "text"), [(4.21, "4.2 s"), (42.4, "42 s"), (99.4, "99 s"), (200, "3 min 20 s")])
def test_durations(seconds, text):
    assert duration(seconds) == text
