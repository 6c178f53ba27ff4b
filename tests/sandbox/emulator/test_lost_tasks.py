"""Tasks of the serving revision that are lost while a new one starts.

aws.amazon.com/about-aws/whats-new/2025/11/amazon-ecs-service-availability-rolling-deployments
"""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.emulator.images import Behaviour
from sandbox.emulator.journal import Kind
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source

pytestmark = pytest.mark.source(Source.LOST_TASKS)

SLOW = "slow:5"


def launched(scenario: Scenario, since: int) -> Counter[str]:
    """How many tasks of each definition were launched after an entry of the journal."""
    entries = scenario.emulator.journal.since(since)
    return Counter(entry.details["task_definition"] for entry in entries if entry.kind is Kind.TASK_LAUNCHED)


def now(scenario: Scenario) -> int:
    return scenario.journal()[-1].n


def lose(scenario: Scenario, definition: str, count: int = 1) -> None:
    """Stop healthy tasks of a definition, as a person or a broken host would."""
    arns = [task["taskArn"] for task in scenario.tasks() if task["taskDefinitionArn"] == definition]
    for arn in arns[:count]:
        scenario.ecs.stop_task(cluster=aws_platform.CLUSTER, task=arn)


def test_a_lost_old_task_is_replaced_by_one_of_the_old_revision(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.release("v2", SLOW)
    scenario.run(0.5)
    since = now(scenario)
    lose(scenario, old)

    scenario.until(lambda: scenario.targets() == {"healthy": 2})
    replaced = launched(scenario, since)
    scenario.until(scenario.settled)

    assert replaced == {old: 1}, "and it is healthy before the new ones are"
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"


def test_all_old_tasks_lost_come_back_too(scenario: Scenario) -> None:
    old = scenario.running("v1")
    scenario.release("v2", SLOW)
    scenario.run(0.5)
    since = now(scenario)
    lose(scenario, old, 2)

    scenario.until(lambda: scenario.targets().get("healthy", 0) == 2)

    assert launched(scenario, since) == {old: 2}


def test_a_replacement_is_dropped_when_the_new_tasks_are_healthy_first(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.release("v2")
    scenario.until(lambda: scenario.targets()["initial"] == 2)
    lose(scenario, old)

    scenario.until(scenario.settled)

    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}


def test_what_the_healthy_minimum_does_not_need_is_not_replaced(scenario: Scenario) -> None:
    old = scenario.running("v1", 4)
    scenario.release("v2", SLOW, deploymentConfiguration={"minimumHealthyPercent": 50, "maximumPercent": 100})
    scenario.run(0.5)
    since = now(scenario)

    scenario.until(scenario.settled)

    assert launched(scenario, since)[old] == 0, "old tasks that made room are not started again"


def test_a_higher_count_is_followed_by_both_revisions(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.release("v2", SLOW)
    scenario.run(0.5)
    since = now(scenario)
    scenario.update(desiredCount=4)
    scenario.until(lambda: scenario.targets().get("healthy", 0) == 4)

    both = launched(scenario, since)
    scenario.until(scenario.settled)

    assert both == {old: 2, new: 2}
    assert [task["taskDefinitionArn"] for task in scenario.tasks()] == [new] * 4


def test_a_first_release_starts_no_task_of_the_template(scenario: Scenario) -> None:
    template = scenario.unreleased()
    scenario.create(template)
    scenario.release("v1", SLOW, desiredCount=2)

    scenario.until(scenario.settled)

    assert launched(scenario, 0)[template] == 0


def test_a_rollback_does_not_bring_the_failed_revision_back(scenario: Scenario) -> None:
    scenario.running("v1")
    bad = scenario.release("v2", Behaviour.UNHEALTHY)
    scenario.until(lambda: scenario.service_deployments()[0]["status"] == "ROLLBACK_IN_PROGRESS")
    since = now(scenario)

    scenario.until(scenario.rolled_back)

    assert launched(scenario, since)[bad] == 0


def test_an_update_while_tasks_start_stops_them_and_keeps_what_serves(scenario: Scenario) -> None:
    old = scenario.running("v1")
    superseded = scenario.release("v2", SLOW)
    scenario.run(1)
    newest = scenario.release("v3")
    lose(scenario, old)
    healthy = []

    def note() -> bool:
        healthy.append(scenario.targets().get("healthy", 0))
        return scenario.settled()

    scenario.until(note)

    assert min(healthy) >= 1, "only the lost one was ever missing"
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {newest}
    ended = [entry for entry in scenario.journal(Kind.TASK_HEALTHY) if entry.details["task_definition"] == superseded]
    assert ended == [], "no task of the superseded release came to serve"
    assert [each["status"] for each in scenario.service_deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
