"""Snapshots of a ready platform."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.faults import Fault
from sandbox.emulator.images import Behaviour
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario


def test_a_restored_world_is_the_former_one(scenario: Scenario) -> None:
    old = scenario.running("v1")
    service, clock, last = scenario.describe(), scenario.clock.now(), scenario.journal()[-1]
    scenario.client("ssm").put_parameter(Name="/kept", Type="String", Value="x")
    calls = len(scenario.emulator.calls)
    former = scenario.emulator.snapshot()
    scenario.release("v2", Behaviour.CRASH)
    scenario.emulator.faults.add(Fault.parse({"kind": "throttle", "service": "sts"}))
    scenario.until(scenario.rolled_back)
    scenario.client("ssm").delete_parameter(Name="/kept")
    scenario.client("dynamodb").create_table(
        TableName="later",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    scenario.emulator.restore(former)

    assert scenario.clock.now() == clock
    assert (scenario.journal()[-1], len(scenario.emulator.calls)) == (last, calls)
    assert scenario.describe() == service
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {old}
    assert scenario.targets() == {"healthy": 2}
    assert scenario.client("dynamodb").list_tables()["TableNames"] == []
    assert scenario.client("ecr").list_images(repositoryName=aws_platform.REPOSITORY)["imageIds"][0]["imageTag"] == "v1"
    assert scenario.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "x"
    scenario.client("sts").get_caller_identity()


def test_life_goes_on_after_each_restore_in_its_own_way(scenario: Scenario) -> None:
    scenario.running("v1")
    former = scenario.emulator.snapshot()
    outcomes = []
    for behaviour in (Behaviour.UNHEALTHY, Behaviour.HEALTHY, Behaviour.NO_IMAGE):
        scenario.emulator.restore(former)
        scenario.release("v2", behaviour)
        scenario.until(scenario.settled)
        outcomes.append(scenario.service_deployments()[0]["status"])

    assert outcomes == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]


def test_a_release_under_way_is_resumed_where_it_was(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2")
    scenario.until(lambda: scenario.targets()["initial"] == 2)
    former = scenario.emulator.snapshot()
    first = scenario.until(scenario.settled)
    scenario.emulator.restore(former)

    again = scenario.until(scenario.settled)

    assert again == pytest.approx(first)
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}


def test_a_task_s_interface_ends_with_it_after_a_restore(scenario: Scenario) -> None:
    """Tasks, targets and interfaces are shared between the scheduler, moto's ECS and moto's EC2: so are their copies."""
    scenario.running("v1")
    former = scenario.emulator.snapshot()
    scenario.update(desiredCount=5)
    scenario.until(lambda: scenario.targets() == {"healthy": 5})
    scenario.emulator.restore(former)
    scenario.update(desiredCount=0)
    scenario.until(lambda: scenario.describe()["runningCount"] == 0 and not scenario.targets())
    scenario.run(1)

    interfaces = scenario.client("ec2").describe_network_interfaces()["NetworkInterfaces"]

    assert [each for each in interfaces if "attachment" in each["Description"]] == []


def test_a_restored_fault_goes_on_counting(scenario: Scenario) -> None:
    scenario.emulator.faults.add(Fault.parse({"kind": "throttle", "action": "ListClusters", "count": 1}))
    former = scenario.emulator.snapshot()
    for _ in range(2):
        with pytest.raises(ClientError):
            scenario.ecs.list_clusters()
        scenario.ecs.list_clusters()
        scenario.emulator.restore(former)


def test_a_platform_is_restored_in_less_time_than_its_release_took(scenario: Scenario) -> None:
    begun = time.process_time()
    scenario.running("v1")
    made = time.process_time() - begun
    former = scenario.emulator.snapshot()
    begun = time.process_time()

    scenario.emulator.restore(former)

    assert time.process_time() - begun < made
