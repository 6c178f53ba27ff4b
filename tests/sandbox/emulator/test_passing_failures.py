"""Failures that pass: they hit a few tasks of a good image, and the next tasks of the same image run."""

from __future__ import annotations

import pytest

from sandbox.emulator.images import Behaviour
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source

KINDS = [Behaviour.NO_CAPACITY, Behaviour.PULL_TIMEOUT, Behaviour.SPOT]


@pytest.mark.source(Source.SPOT)
@pytest.mark.parametrize("kind", KINDS)
def test_as_many_tasks_fail_as_were_asked_for_and_the_release_completes(scenario: Scenario, kind: Behaviour) -> None:
    scenario.running("v1", 20)
    new = scenario.release("v2", f"{kind}:2")

    scenario.until(scenario.settled)

    assert len(scenario.stopped(new)) == 2
    assert [task["taskDefinitionArn"] for task in scenario.tasks()] == [new] * 20
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"


@pytest.mark.source(Source.EVENTS)
def test_a_task_without_capacity_never_starts_and_an_event_says_so(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2", "no-capacity:1")
    scenario.until(scenario.settled)

    (task,) = scenario.stopped(new)

    assert (task["stopCode"], "startedAt" in task) == ("TaskFailedToStart", False)
    assert task["stoppedReason"].startswith("Capacity is unavailable at this time.")
    assert any("was unable to place a task. Reason: Capacity is unavailable" in event for event in scenario.events())


@pytest.mark.source(Source.CANNOT_PULL)
def test_a_pull_that_times_out_says_so(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2", "pull-timeout:1")
    scenario.until(scenario.settled)

    (task,) = scenario.stopped(new)

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    assert task["stoppedReason"].endswith("i/o timeout")


@pytest.mark.source(Source.SPOT)
def test_an_interrupted_spot_task_had_run_and_is_replaced(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2", "spot:1")
    scenario.until(scenario.settled)

    (task,) = scenario.stopped(new)

    assert (task["stopCode"], task["stoppedReason"]) == ("SpotInterruption", "Your Spot Task was interrupted.")
    assert "startedAt" in task


@pytest.mark.source(Source.BREAKER)
@pytest.mark.parametrize("kind", [Behaviour.NO_CAPACITY, Behaviour.PULL_TIMEOUT])
def test_the_breaker_counts_tasks_that_did_not_start_whatever_the_cause(scenario: Scenario, kind: Behaviour) -> None:
    """Users ask AWS to leave a lack of room out of it: aws/containers-roadmap#1273."""
    scenario.running("v1")
    scenario.release("v2", f"{kind}:9")

    scenario.until(scenario.rolled_back)

    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
