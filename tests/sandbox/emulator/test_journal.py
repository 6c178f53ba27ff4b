"""The journal: what really happened, in order, and by whose call."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.images import Behaviour
from sandbox.emulator.journal import Journal, Kind
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario

DEPLOYMENTS = (
    Kind.DEPLOYMENT_CREATED,
    Kind.DEPLOYMENT_PRIMARY,
    Kind.DEPLOYMENT_COMPLETED,
    Kind.DEPLOYMENT_FAILED,
    Kind.ROLLBACK_STARTED,
    Kind.ROLLBACK_FINISHED,
)


def test_a_good_release_is_created_primary_and_completed(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.release("v2")
    deployment = scenario.primary()["id"]
    scenario.until(scenario.settled)

    reported = [(entry.kind, entry.details["task_definition"]) for entry in scenario.journal(*DEPLOYMENTS)]

    story = (Kind.DEPLOYMENT_CREATED, Kind.DEPLOYMENT_PRIMARY, Kind.DEPLOYMENT_COMPLETED)
    assert reported == [*((kind, old) for kind in story), *((kind, new) for kind in story)]
    assert scenario.journal(Kind.DEPLOYMENT_COMPLETED)[-1].details["deployment"] == deployment


@pytest.mark.parametrize("behaviour", [Behaviour.NO_IMAGE, Behaviour.CRASH, Behaviour.UNHEALTHY])
def test_a_bad_release_fails_and_its_rollback_finishes(scenario: Scenario, behaviour: Behaviour) -> None:
    old = scenario.running("v1")
    good = scenario.primary()["id"]
    scenario.release("v2", behaviour)
    bad = scenario.primary()["id"]
    scenario.until(scenario.rolled_back)

    reported = [(entry.kind, entry.details["deployment"]) for entry in scenario.journal(*DEPLOYMENTS)][3:]
    finished = scenario.journal(Kind.ROLLBACK_FINISHED)[0].details

    assert reported == [
        (Kind.DEPLOYMENT_CREATED, bad),
        (Kind.DEPLOYMENT_PRIMARY, bad),
        (Kind.DEPLOYMENT_FAILED, bad),
        (Kind.ROLLBACK_STARTED, bad),
        (Kind.DEPLOYMENT_PRIMARY, good),
        (Kind.DEPLOYMENT_COMPLETED, good),
        (Kind.ROLLBACK_FINISHED, bad),
    ]
    assert (finished["target"], finished["task_definition"], finished["succeeded"]) == (good, old, True)


def test_a_rollback_that_fails_is_told_as_failed(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    scenario.release("v1", Behaviour.NO_IMAGE, desiredCount=2)
    scenario.until(lambda: scenario.service_deployments()[0]["status"] == "ROLLBACK_FAILED")

    assert [entry.details["succeeded"] for entry in scenario.journal(Kind.ROLLBACK_FINISHED)] == [False]


def test_statuses_of_a_stopped_service_deployment_are_told_in_order(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2")
    deployment, arn = scenario.primary()["id"], scenario.service_deployments()[0]["serviceDeploymentArn"]
    scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    scenario.until(scenario.settled)

    reported = [
        entry.details for entry in scenario.journal(Kind.SERVICE_DEPLOYMENT) if entry.details["service_deployment"] == arn
    ]

    expected = ["IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL"]
    assert [each["status"] for each in reported] == expected
    assert {each["deployment"] for each in reported} == {deployment}


def test_an_update_is_told_with_what_was_sent_and_by_which_call(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.update(desiredCount=3)

    (entry,) = scenario.journal(Kind.SERVICE_UPDATED)
    call = next(call for call in scenario.emulator.calls.since(0) if call.action == "UpdateService")
    (count,) = scenario.journal(Kind.COUNT_CHANGED)

    assert entry.details["sent"]["desiredCount"] == 3
    assert entry.details["by"] == {"action": "UpdateService", "call": call.request, "access_key": "sandbox"}
    assert entry.service.endswith(f"/{aws_platform.SERVICE}")
    assert (count.details["former"], count.details["count"]) == (2, 3)


def test_the_answer_carries_the_id_under_which_the_journal_names_the_call(scenario: Scenario) -> None:
    scenario.running("v1")
    name = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}
    answer = scenario.ecs.update_service(**name, forceNewDeployment=True)

    (entry,) = scenario.journal(Kind.SERVICE_UPDATED)

    assert answer["ResponseMetadata"]["RequestId"] == entry.details["by"]["call"]


def test_a_refused_update_is_not_told(scenario: Scenario) -> None:
    scenario.running("v1")

    with pytest.raises(ClientError):
        scenario.update(taskDefinition="nothing:1", desiredCount=5)

    assert scenario.journal(Kind.SERVICE_UPDATED, Kind.COUNT_CHANGED) == []


def test_the_life_of_a_task_is_told_to_its_end(scenario: Scenario) -> None:
    scenario.create(scenario.register(scenario.push("v1", Behaviour.CRASH)), 1)
    deployment = scenario.primary()["id"]
    scenario.until(lambda: bool(scenario.journal(Kind.TASK_STOPPED)))

    first = scenario.journal(Kind.TASK_LAUNCHED)[0].details["task"]
    reported = [entry for entry in scenario.journal() if entry.details.get("task") == first]

    kinds = [Kind.TASK_LAUNCHED, Kind.TASK_RUNNING, Kind.TASK_STOPPING, Kind.TASK_STOPPED]
    assert [entry.kind for entry in reported] == kinds, "it never was healthy"
    assert {entry.details["started_by"] for entry in reported} == {deployment}
    assert (reported[-1].details["code"], reported[-1].details["exit_codes"]) == ("EssentialContainerExited", {"agent": 1})
    assert reported[-1].time > reported[0].time


def test_a_target_is_told_when_its_state_changes_and_only_then(scenario: Scenario) -> None:
    scenario.running("v1", 1)
    scenario.run(3)
    scenario.update(desiredCount=0)
    scenario.until(lambda: bool(scenario.journal(Kind.TASK_STOPPED)))

    reported = [(entry.details["group"], entry.details["state"]) for entry in scenario.journal(Kind.TARGET)]

    assert reported == [(scenario.balancer.groups[0], state) for state in ("initial", "healthy", "draining", None)]
    assert len(scenario.journal(Kind.TASK_HEALTHY)) == 1


def test_a_running_task_is_told_with_the_address_of_its_targets(scenario: Scenario) -> None:
    scenario.running("v1", 2)

    running = {entry.details["ip"] for entry in scenario.journal(Kind.TASK_RUNNING)}

    assert running == {entry.details["ip"] for entry in scenario.journal(Kind.TARGET)}


def test_each_revision_is_told_with_its_tags_and_by_which_call(scenario: Scenario) -> None:
    sent = aws_platform.task_definition(scenario.push("v1"), scenario.role)
    answer = scenario.ecs.register_task_definition(**sent, tags=[{"key": "release", "value": "one"}])
    arn = answer["taskDefinition"]["taskDefinitionArn"]
    scenario.ecs.deregister_task_definition(taskDefinition=arn)

    reported = [entry.details for entry in scenario.journal(Kind.DEFINITION_REGISTERED, Kind.DEFINITION_DEREGISTERED)]

    assert [each["task_definition"] for each in reported] == [arn, arn]
    assert reported[0]["tags"] == {"release": "one"}
    assert reported[0]["by"]["call"] == answer["ResponseMetadata"]["RequestId"]
    assert reported[1]["by"]["action"] == "DeregisterTaskDefinition"


def test_the_control_endpoint_tells_from_a_number_on(scenario: Scenario) -> None:
    scenario.running("v1")
    last = scenario.journal()[-1].n
    scenario.update(desiredCount=3)

    answer = Client(scenario.emulator.application).get(f"/_sandbox/journal?since={last}")
    entries = json.loads(answer.get_data())["entries"]

    assert [entry["kind"] for entry in entries] == ["service-updated", "count-changed"]
    assert [entry["n"] for entry in entries] == [last + 1, last + 2]
    assert entries[1]["time"] == scenario.clock.now().isoformat()


def test_the_oldest_entries_go_when_the_journal_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.emulator.journal.KEPT", 3)
    journal = Journal(ManualClock())
    for number in range(5):
        journal.add(Kind.COUNT_CHANGED, count=number)

    assert [entry.details["count"] for entry in journal.since(0)] == [2, 3, 4]
    assert [entry.n for entry in journal.since(4)] == [5]
