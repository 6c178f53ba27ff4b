"""botocore's own waiters on the emulator: each waits while its condition does not hold, and returns once it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from sandbox.emulator.images import Behaviour
from tests.support.aws_platform import CLUSTER, SERVICE
from tests.support.emulator_scenario import Scenario

ONE_LOOK = {"Delay": 0, "MaxAttempts": 1}
"""The clock stands still while a waiter waits."""


def holds(scenario: Scenario, waiter: str, **asked: Any) -> bool:
    try:
        scenario.ecs.get_waiter(waiter).wait(cluster=CLUSTER, WaiterConfig=ONE_LOOK, **asked)
    except WaiterError:
        return False
    return True


def test_services_stable_waits_for_a_release_to_complete(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")

    during = holds(scenario, "services_stable", services=[SERVICE])
    scenario.until(scenario.settled)

    assert (during, holds(scenario, "services_stable", services=[SERVICE])) == (False, True)


def test_services_stable_takes_a_rollback_for_stability(scenario: Scenario) -> None:
    """aws-actions/amazon-ecs-deploy-task-definition#191: who waits with it is reported of success."""
    scenario.running("v1")
    scenario.release("v2", Behaviour.CRASH)
    scenario.until(scenario.rolled_back)

    assert holds(scenario, "services_stable", services=[SERVICE])


def test_services_inactive_waits_for_the_end_of_a_deleted_service(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.ecs.delete_service(cluster=CLUSTER, service=SERVICE, force=True)

    during = holds(scenario, "services_inactive", services=[SERVICE])
    scenario.until(lambda: scenario.describe()["status"] == "INACTIVE")

    assert (during, holds(scenario, "services_inactive", services=[SERVICE])) == (False, True)


@pytest.mark.parametrize(
    ("waiter", "change"),
    [
        ("tasks_running", lambda scenario: None),
        ("tasks_stopped", lambda scenario: scenario.update(desiredCount=0)),
    ],
)
def test_task_waiters_wait_for_the_status(scenario: Scenario, waiter: str, change: Callable[[Scenario], object]) -> None:
    scenario.create(scenario.register(scenario.push("v1")), 1)
    scenario.run(0.1)
    (task,) = scenario.tasks()

    change(scenario)
    during = holds(scenario, waiter, tasks=[task["taskArn"]])
    scenario.run(5)

    assert (during, holds(scenario, waiter, tasks=[task["taskArn"]])) == (False, True)
