"""Tasks that no service starts: alone, and with a command that ends by itself."""

from __future__ import annotations

import pytest

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario


def test_a_task_can_run_on_its_own(scenario: Scenario) -> None:
    definition = scenario.register(scenario.push("v1"))
    vpc = {"subnets": list(scenario.network.private), "securityGroups": [scenario.network.security_group]}

    (task,) = scenario.ecs.run_task(
        cluster=aws_platform.CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        startedBy="a-test",
        networkConfiguration={"awsvpcConfiguration": vpc},
    )["tasks"]
    scenario.run(2)
    running = scenario.ecs.list_tasks(cluster=aws_platform.CLUSTER, startedBy="a-test")["taskArns"]
    scenario.ecs.stop_task(cluster=aws_platform.CLUSTER, task=task["taskArn"])
    scenario.run(2)
    (stopped,) = scenario.ecs.describe_tasks(cluster=aws_platform.CLUSTER, tasks=[task["taskArn"]])["tasks"]

    assert task["lastStatus"] == "PROVISIONING"
    assert running == [task["taskArn"]]
    assert (stopped["lastStatus"], stopped["containers"][0]["exitCode"]) == ("STOPPED", 0)


def _run_command(scenario: Scenario, behaviour: str, token: str = "once") -> str:
    """A one-off command of an image; returns the task's ARN."""
    definition = scenario.register(scenario.push(behaviour.partition(":")[0], behaviour))
    return _send_command(scenario, definition, token)


def _send_command(scenario: Scenario, definition: str, token: str) -> str:
    vpc = {"subnets": list(scenario.network.private), "securityGroups": [scenario.network.security_group]}
    (task,) = scenario.ecs.run_task(
        cluster=aws_platform.CLUSTER,
        taskDefinition=definition,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": vpc},
        overrides={"containerOverrides": [{"name": "agent", "command": ["migrate", "up"]}]},
        clientToken=token,
    )["tasks"]
    return str(task["taskArn"])


def _ended(scenario: Scenario, arn: str) -> tuple[str, str | None, int | None]:
    (task,) = scenario.ecs.describe_tasks(cluster=aws_platform.CLUSTER, tasks=[arn])["tasks"]
    return task["lastStatus"], task.get("stopCode"), task["containers"][0].get("exitCode")


@pytest.mark.parametrize(("behaviour", "code"), [("healthy", 0), ("task-fails:3", 3), ("crash", 1)])
def test_a_command_given_to_a_task_ends_by_itself_with_its_exit_code(scenario: Scenario, behaviour: str, code: int) -> None:
    arn = _run_command(scenario, behaviour)
    scenario.run(3)
    assert _ended(scenario, arn) == ("STOPPED", "EssentialContainerExited", code)


def test_a_command_that_hangs_runs_until_it_is_stopped(scenario: Scenario) -> None:
    arn = _run_command(scenario, "task-hangs")
    scenario.run(30)
    assert _ended(scenario, arn)[0] == "RUNNING"
    scenario.ecs.stop_task(cluster=aws_platform.CLUSTER, task=arn)
    scenario.run(2)
    assert _ended(scenario, arn)[:2] == ("STOPPED", "UserInitiated")


def test_the_log_of_a_command_names_it(scenario: Scenario) -> None:
    arn = _run_command(scenario, "task-fails:3")
    scenario.run(3)
    stream = f"agent/agent/{arn.rsplit('/', 1)[1]}"
    events = scenario.client("logs").get_log_events(logGroupName=aws_platform.LOG_GROUP, logStreamName=stream)["events"]
    assert [event["message"] for event in events] == ["starting migrate up", "migrate up: failed"]


def test_a_request_with_the_same_token_launches_nothing_more(scenario: Scenario) -> None:
    definition = scenario.register(scenario.push("v1"))
    first = _send_command(scenario, definition, "a")
    scenario.run(3)
    assert _send_command(scenario, definition, "a") == first
    assert _send_command(scenario, definition, "b") != first
    other = scenario.register(scenario.push("v2"))
    with pytest.raises(scenario.ecs.exceptions.ConflictException):
        _send_command(scenario, other, "a")


def test_ecs_forgets_a_token_an_hour_after_its_task(scenario: Scenario) -> None:
    definition = scenario.register(scenario.push("v1"))
    first = _send_command(scenario, definition, "a")
    scenario.run(3)
    scenario.emulator.advance(scenario.timings.stopped_kept)
    assert _send_command(scenario, definition, "a") != first
