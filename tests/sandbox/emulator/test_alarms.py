"""Deployment alarms and the bake (DG/deployment-alarm-failure.html)."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.emulator.journal import Kind
from sandbox.provider.types.ecs import Service as ServiceType
from tests.support import aws_platform
from tests.support.alarms import put_alarm
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source

ALARMS = {"alarmNames": ["errors", "latency"], "enable": True, "rollback": True}


def watching(scenario: Scenario, **changes: Any) -> dict[str, Any]:
    """A deploymentConfiguration with both alarms, which exist and are in OK."""
    for name in ALARMS["alarmNames"]:  # type: ignore[attr-defined]
        # No traffic is measured here: without it the next evaluation would undo what a test says.
        put_alarm(scenario.client("cloudwatch"), name, TreatMissingData="ignore")
    return {"deploymentConfiguration": {"alarms": ALARMS, **changes}}


def alarm(scenario: Scenario, name: str = "errors", state: str = "ALARM") -> None:
    scenario.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test says so")


def released_while_ringing(scenario: Scenario) -> None:
    """A release begins while one of its alarms is in ALARM already."""
    scenario.running("v1")
    sent = watching(scenario)
    alarm(scenario)
    scenario.release("v2", **sent)


def baking(scenario: Scenario) -> bool:
    return bool(scenario.service_deployments()[0]["lifecycleStage"] == "BAKE_TIME")


@pytest.mark.source(Source.ALARMS)
def test_a_good_release_bakes_before_it_is_complete(scenario: Scenario) -> None:
    scenario.running("v1")
    new = scenario.release("v2", **watching(scenario, bakeTimeInMinutes=3))
    scenario.until(lambda: baking(scenario))

    at_bake = scenario.describe()
    monitored = scenario.service_deployments()[0]
    took = scenario.until(scenario.settled)
    finished = scenario.service_deployments()[0]

    assert took == pytest.approx(3 * scenario.timings.minute, abs=0.2)
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {new}
    assert (at_bake["runningCount"], len(at_bake["deployments"])) == (2, 1), "the old tasks are gone"
    assert at_bake["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert monitored["status"] == "IN_PROGRESS"
    assert monitored["alarms"] == {"status": "MONITORING", "alarmNames": ["errors", "latency"], "triggeredAlarmNames": []}
    assert (finished["status"], finished["alarms"]["status"]) == ("SUCCESSFUL", "MONITORING_COMPLETE")


@pytest.mark.source(Source.ALARMS)
def test_without_a_bake_time_ecs_bakes_as_long_as_the_alarms_need(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", **watching(scenario))
    scenario.until(lambda: baking(scenario))

    assert scenario.until(scenario.settled) == pytest.approx(2 * scenario.timings.minute, abs=0.2)


@pytest.mark.source(Source.ALARMS)
@pytest.mark.parametrize("when", ["start", "bake"])
def test_an_alarm_rolls_the_release_back(scenario: Scenario, when: str) -> None:
    old = scenario.running("v1")
    former = scenario.primary()["id"]
    scenario.release("v2", **watching(scenario, bakeTimeInMinutes=5))
    if when == "bake":
        scenario.until(lambda: baking(scenario))
    alarm(scenario)

    scenario.until(scenario.rolled_back)

    failed = scenario.service_deployments()[0]
    assert failed["status"] == "ROLLBACK_SUCCESSFUL"
    assert failed["statusReason"] == "Service deployment rolled back because a CloudWatch alarm was in the ALARM state."
    assert failed["alarms"] == {
        "status": "TRIGGERED",
        "alarmNames": ["errors", "latency"],
        "triggeredAlarmNames": ["errors"],
    }
    assert (scenario.describe()["taskDefinition"], scenario.primary()["id"]) == (old, former)
    assert any(event.endswith("deployment failed: alarm detected.") for event in scenario.events())
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {old}


@pytest.mark.source(Source.ALARMS)
def test_an_alarm_without_rollback_leaves_the_release_failed(scenario: Scenario) -> None:
    scenario.running("v1")
    sent = watching(scenario)
    sent["deploymentConfiguration"]["alarms"] = {**ALARMS, "rollback": False}
    bad = scenario.release("v2", **sent)
    alarm(scenario, "latency")
    scenario.run(1)

    assert (scenario.primary()["taskDefinition"], scenario.primary()["rolloutState"]) == (bad, "FAILED")
    assert scenario.primary()["rolloutStateReason"] == "ECS deployment failed: alarm detected."
    assert scenario.service_deployments()[0]["status"] == "STOPPED"


@pytest.mark.source(Source.ALARMS)
def test_an_alarm_that_lasts_from_before_is_ignored_for_the_whole_release(scenario: Scenario) -> None:
    """The release is not protected at all, also not by the other alarms."""
    released_while_ringing(scenario)
    scenario.run(1)
    alarm(scenario, "latency")
    scenario.until(scenario.settled)

    shown = scenario.service_deployments()[0]

    assert (shown["status"], shown["alarms"]["status"]) == ("SUCCESSFUL", "DISABLED")
    assert shown["alarms"]["triggeredAlarmNames"] == []


@pytest.mark.source(Source.ALARMS)
def test_the_next_release_is_watched_again(scenario: Scenario) -> None:
    released_while_ringing(scenario)
    scenario.until(scenario.settled)
    alarm(scenario, state="OK")
    scenario.release("v3")
    alarm(scenario)

    scenario.until(scenario.rolled_back)

    assert scenario.service_deployments()[0]["alarms"]["status"] == "TRIGGERED"


@pytest.mark.source(Source.ALARMS)
def test_a_lasting_alarm_does_not_stop_the_rollback_that_it_caused(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", **watching(scenario, bakeTimeInMinutes=5))
    scenario.until(lambda: baking(scenario))
    alarm(scenario)
    scenario.run(20)

    assert scenario.rolled_back()
    assert [entry.details["succeeded"] for entry in scenario.journal(Kind.ROLLBACK_FINISHED)] == [True]


@pytest.mark.source(Source.STOPPING)
def test_a_bake_can_be_stopped(scenario: Scenario) -> None:
    old = scenario.running("v1")
    scenario.release("v2", **watching(scenario, bakeTimeInMinutes=5))
    scenario.until(lambda: baking(scenario))

    scenario.ecs.stop_service_deployment(serviceDeploymentArn=scenario.service_deployments()[0]["serviceDeploymentArn"])
    scenario.until(scenario.settled)

    assert scenario.describe()["taskDefinition"] == old
    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"


@pytest.mark.source(Source.STATES)
def test_a_release_during_the_bake_supersedes_it(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", **watching(scenario, bakeTimeInMinutes=5))
    scenario.until(lambda: baking(scenario))
    newest = scenario.release("v3", deploymentConfiguration={"bakeTimeInMinutes": 0, "alarms": {**ALARMS, "enable": False}})

    scenario.until(scenario.settled)

    assert [each["status"] for each in scenario.service_deployments()][:2] == ["SUCCESSFUL", "STOPPED"]
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {newest}


@pytest.mark.source(Source.ALARMS)
def test_a_service_without_tasks_has_nothing_to_bake(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased(), **watching(scenario, bakeTimeInMinutes=5))

    assert scenario.settled()
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"


@pytest.mark.source(Source.ALARMS)
def test_a_superseded_release_fails_no_more_by_its_alarms(scenario: Scenario) -> None:
    scenario.running("v1")
    sent = watching(scenario)
    scenario.release("v2", **sent)
    scenario.run(0.5)
    newest = scenario.release("v3", deploymentConfiguration={"alarms": {**ALARMS, "enable": False}})
    alarm(scenario)

    scenario.until(scenario.settled)

    assert scenario.describe()["taskDefinition"] == newest
    assert [each["status"] for each in scenario.service_deployments()][:2] == ["SUCCESSFUL", "STOPPED"]


@pytest.mark.source(Source.ALARMS)
def test_the_provider_gives_a_service_its_alarms_and_reads_them_back(scenario: Scenario) -> None:
    template, kind = scenario.unreleased(), ServiceType()
    network = {"subnets": list(scenario.network.private), "securityGroups": [scenario.network.security_group]}
    inputs = {
        "name": aws_platform.SERVICE,
        "cluster": aws_platform.CLUSTER,
        "taskDefinition": template,
        "desiredCount": 0,
        "alarms": ALARMS,
        "networkConfiguration": network,
        "tagsAll": {},
    }

    arn = kind.create(scenario.client, inputs)
    created = kind.read(scenario.client, arn, inputs)
    changed = {**inputs, "alarms": {**ALARMS, "alarmNames": ["errors"]}}
    kind.update(scenario.client, arn, inputs, changed)
    updated = kind.read(scenario.client, arn, changed)

    assert created is not None
    assert updated is not None
    assert (created["alarms"], updated["alarms"]) == (inputs["alarms"], changed["alarms"])
    assert scenario.describe()["deploymentConfiguration"]["alarms"]["alarmNames"] == ["errors"]
