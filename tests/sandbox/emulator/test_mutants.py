"""The scenarios catch a broken scheduler: each named mutant, by the scenario that is about the rule that it breaks.

`make prove` runs all scenarios under each mutant (tests/evidence/prove/mutants.py).
"""

from __future__ import annotations

import pytest

from sandbox.emulator.ecs.rolling import RollingScheduler
from tests.support.emulator_scenario import Scenario
from tests.support.scheduler_mutants import MUTANTS, Mutant
from tests.support.scheduler_scenarios import scenario_named
from tests.support.sources import Source

CAUGHT_BY = {
    "breaker-off-by-one": "test_failures::test_the_breaker_trips_at_the_failure_that_reaches_its_threshold",
    "old-tasks-stopped-early": "test_rolling::test_old_tasks_stay_until_as_many_new_ones_are_healthy",
    "targets-left-behind": "test_rolling::test_a_good_release_completes_in_about_three_seconds",
    "failed-counts-lost": "test_failures::test_failed_tasks_counts_failed_pulls",
    "event-forgotten": "test_rolling::test_events_are_in_the_words_of_ecs",
    "health-check-skipped": "test_rolling::test_half_healthy_and_no_more_than_wanted_replaces_one_at_a_time",
    "bake-skipped": "test_alarms::test_without_a_bake_time_ecs_bakes_as_long_as_the_alarms_need",
    "alarm-ignored": "test_alarms::test_an_alarm_without_rollback_leaves_the_release_failed",
    "old-alarm-watched": "test_alarms::test_an_alarm_that_lasts_from_before_is_ignored_for_the_whole_release",
    "superseding-lost": "test_rolling::test_a_newer_update_supersedes_the_one_under_way",
    "rolled-back-to-the-first": "test_failures::test_a_rollback_returns_to_the_newest_deployment_that_completed",
    "lost-task-replaced-with-the-new-revision": "test_lost_tasks::test_a_lost_old_task_is_replaced_by_one_of_the_old_revision",
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_a_scenario_catches_each_mutant(scenario: Scenario, mutant: Mutant) -> None:
    with mutant.applied(), pytest.raises(AssertionError):
        scenario_named(CAUGHT_BY[mutant.name])(scenario)


def test_a_mutant_leaves_nothing_behind(scenario: Scenario) -> None:
    for mutant in MUTANTS:
        before = vars(mutant.owner)[mutant.function]
        with mutant.applied():
            assert vars(mutant.owner)[mutant.function] is not before
        assert vars(mutant.owner)[mutant.function] is before


def test_a_mutant_of_a_text_that_is_not_there_is_an_error() -> None:
    stale = Mutant("stale", "nothing", Source.ROLLING, RollingScheduler, "_retire", "text of last year", "")

    with pytest.raises(ValueError, match="stale: 'text of last year' occurs 0 times in _retire"), stale.applied():
        pass
