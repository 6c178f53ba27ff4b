"""What images do: slow starts, and behaviours changed after the push."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import Client

from sandbox.emulator.images import Behaviour, Conduct, PushError
from sandbox.emulator.journal import Kind
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario


def test_a_slow_image_takes_so_much_longer_and_then_is_good(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")
    usual = scenario.until(scenario.settled)
    new = scenario.release("v3", "slow:7.5")

    took = scenario.until(scenario.settled)

    assert took - usual == pytest.approx(7.5, abs=0.2)
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}


def test_an_image_that_crashes_late_serves_before(scenario: Scenario) -> None:
    scenario.create(scenario.register(scenario.push("v1", "crash:5")), 1)
    scenario.until(lambda: scenario.targets() == {"healthy": 1})

    scenario.until(lambda: bool(scenario.journal(Kind.TASK_STOPPED)))

    running, stopping = scenario.journal(Kind.TASK_RUNNING)[0], scenario.journal(Kind.TASK_STOPPING)[0]
    assert (stopping.time - running.time).total_seconds() == pytest.approx(5, abs=0.2)
    assert stopping.details["code"] == "EssentialContainerExited"


def test_behaviour_changes_for_matching_images_from_the_next_task_on(scenario: Scenario) -> None:
    scenario.running("v1")
    running = {task["taskArn"] for task in scenario.tasks()}
    sound = scenario.register(scenario.push("other"))

    body = json.dumps({"glob": f"{aws_platform.REPOSITORY}:v*", "behaviour": "crash"})
    answer = Client(scenario.emulator.application).post("/_sandbox/behaviours", data=body)
    scenario.run(3)
    assert {task["taskArn"] for task in scenario.tasks()} == running, "tasks that run go on"
    scenario.update(forceNewDeployment=True)
    scenario.until(scenario.rolled_back)
    scenario.update(taskDefinition=sound)
    scenario.until(lambda: scenario.settled() and scenario.describe()["taskDefinition"] == sound)

    assert json.loads(answer.get_data()) == {"images": [f"{aws_platform.REPOSITORY}:v1"]}
    assert "EssentialContainerExited" in {entry.details["code"] for entry in scenario.journal(Kind.TASK_STOPPED)}


def test_an_image_that_was_put_by_the_api_can_be_given_a_behaviour(scenario: Scenario) -> None:
    ecr, name = scenario.client("ecr"), aws_platform.REPOSITORY
    scenario.push("v1")
    manifest = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "v1"}])["images"][0]["imageManifest"]
    ecr.create_repository(repositoryName="copies")
    ecr.put_image(repositoryName="copies", imageTag="v1", imageManifest=manifest)

    changed = scenario.emulator.images.behave("copies:*", Conduct(Behaviour.UNHEALTHY))

    assert changed == ["copies:v1"]
    reference = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/copies:v1"
    assert scenario.emulator.images.pull(reference).conduct == Conduct(Behaviour.UNHEALTHY)


@pytest.mark.parametrize(
    "text", ["", "slow", "slow:", "slow:-1", "slow:x", "odd", "unhealthy:3", "crash:", "spot", "spot:0", "spot:1.5"]
)
def test_a_behaviour_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PushError, match="behaviour must be one of"):
        Conduct.parse(text)
