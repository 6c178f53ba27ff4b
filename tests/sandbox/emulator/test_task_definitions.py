"""Task definitions and their families where moto alone would differ from AWS."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.refusal import refusal


def test_an_inactive_task_definition_starts_nothing(scenario: Scenario) -> None:
    definition = scenario.unreleased()
    answer = scenario.ecs.deregister_task_definition(taskDefinition=definition)["taskDefinition"]

    assert (answer["status"], "deregisteredAt" in answer) == ("INACTIVE", True)
    assert refusal(scenario.create, definition=definition) == ("ClientException", "TaskDefinition is inactive")


def test_a_family_means_its_newest_active_revision(scenario: Scenario) -> None:
    first, second = scenario.unreleased(), scenario.unreleased()
    scenario.ecs.deregister_task_definition(taskDefinition=second)

    found = scenario.ecs.describe_task_definition(taskDefinition=aws_platform.TEMPLATE)["taskDefinition"]

    assert found["taskDefinitionArn"] == first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "a b"}, "Family contains invalid characters"),
        ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU, 4096 memory."),
        ({"cpu": "1024", "memory": "2560"}, "No Fargate configuration exists"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode 'awsvpc'."),
        ({"executionRoleArn": ""}, "Fargate requires task definition to have execution role ARN to support ECR images."),
        ({"containerDefinitions": []}, "Container definitions should not be null or empty."),
        (
            {"containerDefinitions": [{"name": "a", "image": "x", "memory": 64}] * 2},
            "Container name a is used more than once",
        ),
    ],
)
def test_a_task_definition_that_cannot_run_is_refused(scenario: Scenario, changes: dict[str, Any], message: str) -> None:
    image = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}:v1"
    sent = {**aws_platform.task_definition(image, scenario.role), **changes}

    code, text = refusal(scenario.ecs.register_task_definition, **sent)

    assert code == "ClientException"
    assert message in text


def test_a_task_definition_can_be_registered_from_its_own_description(scenario: Scenario) -> None:
    image = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}:v1"
    sent = {**aws_platform.task_definition(image, scenario.role), "cpu": ".25 vCPU", "memory": "1 GB"}
    sent |= {"enableFaultInjection": True, "tags": [{"key": "release", "value": "1"}]}
    scenario.ecs.register_task_definition(**sent)
    read = scenario.ecs.describe_task_definition(taskDefinition=aws_platform.FAMILY, include=["TAGS"])
    accepted = scenario.ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members

    again = {name: value for name, value in read["taskDefinition"].items() if name in accepted}
    second = scenario.ecs.register_task_definition(**again, tags=read["tags"])["taskDefinition"]

    (container,) = read["taskDefinition"]["containerDefinitions"]
    assert container["portMappings"] == [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert (read["taskDefinition"]["cpu"], read["taskDefinition"]["memory"]) == ("256", "1024")
    assert read["tags"] == sent["tags"]
    assert {name: second[name] for name in again} == again
    assert second["revision"] == read["taskDefinition"]["revision"] + 1


def test_families_are_listed_by_whether_they_have_an_active_revision(scenario: Scenario) -> None:
    definition = scenario.unreleased()
    listed = scenario.ecs.list_task_definition_families
    before = listed(familyPrefix="axonflow", status="ACTIVE")["families"]
    scenario.ecs.deregister_task_definition(taskDefinition=definition)

    assert before == [aws_platform.TEMPLATE]
    assert listed(status="ACTIVE")["families"] == []
    assert listed(status="INACTIVE")["families"] == [aws_platform.TEMPLATE]


def test_an_inactive_task_definition_is_described_and_can_be_copied_but_not_used(scenario: Scenario) -> None:
    running = scenario.running()
    definition = scenario.register(scenario.push("v2"))
    scenario.ecs.deregister_task_definition(taskDefinition=definition)

    read = scenario.ecs.describe_task_definition(taskDefinition=definition, include=["TAGS"])["taskDefinition"]
    network = scenario.describe()["networkConfiguration"]
    refusals = [
        refusal(scenario.update, taskDefinition=definition),
        refusal(scenario.ecs.run_task, cluster=aws_platform.CLUSTER, taskDefinition=definition, networkConfiguration=network),
        refusal(partial(scenario.create, definition), serviceName="other"),
    ]
    accepted = scenario.ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    again = scenario.ecs.register_task_definition(**{name: value for name, value in read.items() if name in accepted})

    assert read["status"] == "INACTIVE"
    assert refusals == [("ClientException", "TaskDefinition is inactive")] * 3
    assert scenario.describe()["taskDefinition"] == running
    assert again["taskDefinition"]["status"] == "ACTIVE"
    assert again["taskDefinition"]["revision"] == read["revision"] + 1
