"""How long a rollout should take, from its settings."""

from __future__ import annotations

import pytest

from appdeploy.model.ecs_state import DeploymentSettings
from appdeploy.plan.estimate import HealthSettings, expected_duration, rounds_of


def settings(minimum=100, maximum=200, bake=0):
    return DeploymentSettings(minimum, maximum, grace_seconds=60, bake_minutes=bake, alarms=())


@pytest.mark.parametrize(
    ("minimum", "maximum", "desired", "rounds"),
    [
        (100, 200, 4, 1),
        (100, 150, 4, 2),
        (50, 100, 4, 2),
        (50, 200, 4, 1),
        (100, 110, 20, 10),
        (100, 125, 1, 1),
        (100, 200, 0, 1),
    ],
)
def test_rounds(minimum, maximum, desired, rounds):
    assert rounds_of(settings(minimum, maximum), desired) == rounds


def test_a_new_target_needs_one_check_at_best_and_the_grace_and_the_threshold_at_worst():
    expected = expected_duration(settings(), HealthSettings(5, 2, 120), 2)
    assert (expected.live_soonest, expected.live_latest, expected.drain) == (5, 70, 120)


def test_a_second_round_waits_until_the_old_tasks_of_the_first_are_gone():
    expected = expected_duration(settings(50, 100), HealthSettings(5, 2, 120), 2)
    assert (expected.live_soonest, expected.live_latest) == (130, 260)


def test_the_bake_time_comes_last():
    assert expected_duration(settings(bake=5), HealthSettings(5, 2, 120), 2).drain == 420


def test_without_a_load_balancer_running_is_live():
    expected = expected_duration(settings(bake=1), None, 2)
    assert (expected.live_soonest, expected.live_latest, expected.drain) == (0, 0, 60)
