"""Faults: which calls they strike, what those come to, and what of them has happened nevertheless."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from werkzeug.test import Client

from sandbox.emulator.faults import Fault
from sandbox.emulator.journal import Kind
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario

SERVICE = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}


def ask(scenario: Scenario, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
    data = None if body is None else json.dumps(body)
    answer = Client(scenario.emulator.application).open(f"/_sandbox/{path}", method=method, data=data)
    document: dict[str, Any] = json.loads(answer.get_data())
    return answer.status_code, document


def add(scenario: Scenario, **fault: Any) -> None:
    scenario.emulator.faults.add(Fault.parse(fault))


def refused(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "throttled", "expired"),
    [
        ("ecs", "list_clusters", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("ecr", "describe_repositories", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("dynamodb", "list_tables", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("ssm", "describe_parameters", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("logs", "describe_log_groups", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("cloudwatch", "describe_alarms", {}, ("ThrottlingException", 400), ("ExpiredTokenException", 400)),
        ("elbv2", "describe_rules", {}, ("Throttling", 400), ("ExpiredToken", 403)),
        ("sts", "get_caller_identity", {}, ("Throttling", 400), ("ExpiredToken", 403)),
        ("ec2", "describe_vpcs", {}, ("RequestLimitExceeded", 503), ("RequestExpired", 400)),
        ("s3", "list_buckets", {}, ("SlowDown", 503), ("ExpiredToken", 400)),
    ],
)
def test_each_service_throttles_and_expires_in_its_own_words(
    scenario: Scenario, service: str, operation: str, parameters: dict[str, Any], throttled: Any, expired: Any
) -> None:
    call = getattr(scenario.client(service), operation)
    add(scenario, kind="throttle", count=1)
    add(scenario, kind="expired")

    assert refused(call, **parameters) == throttled
    assert refused(call, **parameters) == expired


def test_a_fault_strikes_the_actions_of_its_globs_alone(scenario: Scenario) -> None:
    scenario.running("v1")
    add(scenario, kind="throttle", service="ecs", action="Describe*")

    assert refused(scenario.describe)[0] == "ThrottlingException"
    scenario.ecs.list_clusters()
    scenario.client("elbv2").describe_target_groups()


def test_a_fault_strikes_after_it_skipped_and_as_often_as_it_counts(scenario: Scenario) -> None:
    add(scenario, kind="error", action="ListClusters", skip=1, count=2, status=503)

    results = []
    for _ in range(4):
        try:
            scenario.ecs.list_clusters()
            results.append("good")
        except ClientError as error:
            results.append(error.response["Error"]["Code"])

    assert results == ["good", "ServiceUnavailable", "ServiceUnavailable", "good"]


def test_a_seed_makes_chance_repeatable(scenario: Scenario) -> None:
    def struck() -> list[bool]:
        scenario.emulator.faults.clear()
        scenario.emulator.calls.clear()
        add(scenario, kind="throttle", probability=0.5, seed=7)
        for _ in range(20):
            try:
                scenario.ecs.list_clusters()
            except ClientError:
                continue
        return [call.error is not None for call in scenario.emulator.calls.since(0)]

    first = struck()

    assert first == struck()
    assert set(first) == {True, False}


def test_a_token_bucket_refills_with_time(scenario: Scenario) -> None:
    add(scenario, kind="throttle", service="ecs", action="List*", rate=2, burst=3)

    def passed() -> int:
        count = 0
        while True:
            try:
                scenario.ecs.list_clusters()
            except ClientError:
                return count
            count += 1

    first = passed()
    scenario.clock.advance(1)
    second = passed()
    scenario.clock.advance(60)

    assert (first, second, passed()) == (3, 2, 3)


@pytest.mark.parametrize(
    ("kind", "error"), [("error", ClientError), ("reset", ConnectionClosedError), ("timeout", ReadTimeoutError)]
)
@pytest.mark.parametrize(("moment", "effects"), [("before", 0), ("after", 1)])
def test_an_update_without_an_answer_has_happened_or_not(
    scenario: Scenario, kind: str, error: type[Exception], moment: str, effects: int
) -> None:
    scenario.running("v1")
    add(scenario, kind=kind, service="ecs", action="UpdateService", moment=moment)

    with pytest.raises(error):
        scenario.update(forceNewDeployment=True)

    assert len(scenario.journal(Kind.SERVICE_UPDATED)) == effects
    assert len(scenario.service_deployments()) == 1 + effects


def test_a_broken_call_is_recorded_as_one_without_an_answer(scenario: Scenario) -> None:
    add(scenario, kind="reset", action="ListClusters", moment="after")
    with pytest.raises(ConnectionClosedError):
        scenario.ecs.list_clusters()

    call = scenario.emulator.calls.since(0)[-1]

    assert (call.action, call.status, call.error) == ("ListClusters", 0, "reset")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_slow_answer_takes_its_time(scenario: Scenario, moment: str) -> None:
    scenario.running("v1")
    start = scenario.clock.monotonic()
    add(scenario, kind="slow", action="UpdateService", seconds=5, moment=moment)

    scenario.update(desiredCount=3)

    (entry,) = scenario.journal(Kind.SERVICE_UPDATED)
    assert scenario.clock.monotonic() - start == pytest.approx(5)
    assert (scenario.clock.now() - entry.time).total_seconds() == pytest.approx(5 if moment == "after" else 0)


def test_reads_after_a_write_are_stale_for_a_while(scenario: Scenario) -> None:
    old = scenario.running("v1")
    new = scenario.register(scenario.push("v2"))
    add(scenario, kind="stale", action="Describe*", seconds=2)

    answer = scenario.update(taskDefinition=new)
    at_once = scenario.describe()
    listed = scenario.ecs.list_service_deployments(**SERVICE)["serviceDeployments"]
    scenario.run(2.1)
    later = scenario.describe()

    assert answer["taskDefinition"] == new, "the write itself answers what it did"
    assert at_once["taskDefinition"] == old
    assert [each["rolloutState"] for each in at_once["deployments"]] == ["COMPLETED"]
    assert len(listed) == 2, "an action outside the glob tells the truth"
    assert later["taskDefinition"] == new


def test_stale_reads_show_no_progress_of_tasks_and_change_nothing(scenario: Scenario) -> None:
    scenario.running("v1")
    before = {task["taskArn"]: task["lastStatus"] for task in scenario.tasks()}
    add(scenario, kind="stale", seconds=60)
    scenario.release("v2")

    scenario.run(30)

    assert {task["taskArn"]: task["lastStatus"] for task in scenario.tasks()} == before
    scenario.emulator.faults.clear()
    assert scenario.settled()
    assert not before.keys() & {task["taskArn"] for task in scenario.tasks()}


def test_stale_reads_strike_as_often_as_they_count(scenario: Scenario) -> None:
    scenario.running("v1")
    add(scenario, kind="stale", seconds=60, count=1)
    scenario.update(desiredCount=3)

    assert [scenario.describe()["desiredCount"], scenario.describe()["desiredCount"]] == [2, 3]


def test_credentials_expire_in_time_and_others_go_on(scenario: Scenario) -> None:
    add(scenario, kind="expired", access_key="sand*", seconds=10)
    scenario.ecs.list_clusters()
    scenario.clock.advance(10)

    assert refused(scenario.ecs.list_clusters)[0] == "ExpiredTokenException"
    scenario.emulator.faults.clear()
    add(scenario, kind="expired", access_key="other")
    scenario.ecs.list_clusters()


def test_faults_are_added_listed_and_ended_through_the_control_endpoint(scenario: Scenario) -> None:
    _, first = ask(scenario, "POST", "faults", {"kind": "throttle", "service": "ecs", "count": 3})
    _, second = ask(scenario, "POST", "faults", {"kind": "slow", "seconds": 0.5})
    refused(scenario.ecs.list_clusters)

    _, listed = ask(scenario, "GET", "faults")
    one = ask(scenario, "DELETE", f"faults?id={first['id']}")
    scenario.ecs.list_clusters()
    rest = ask(scenario, "DELETE", "faults")

    assert listed["faults"] == [
        {"id": first["id"], "hits": 1, "kind": "throttle", "service": "ecs", "count": 3},
        {"id": second["id"], "hits": 0, "kind": "slow", "seconds": 0.5},
    ]
    assert (one, rest) == ((200, {"ended": 1}), (200, {"ended": 1}))
    assert ask(scenario, "GET", "faults")[1] == {"faults": []}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "kind: Field required"),
        ({"kind": "slow"}, "a fault of kind slow needs seconds"),
        ({"kind": "reset", "status": 500}, "a fault of kind reset has no status"),
        ({"kind": "throttle", "rate": 1}, "a token bucket needs rate and burst"),
        ({"kind": "stale", "seconds": 1, "service": "ssm"}, "stale reads are emulated for ecs alone"),
        ({"kind": "error", "status": 404}, "status: Input should be greater than or equal to 500"),
        ({"kind": "error", "colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_fault_that_makes_no_sense_gets_one_clear_line(scenario: Scenario, body: object, message: str) -> None:
    assert ask(scenario, "POST", "faults", body) == (400, {"error": message})


def test_ending_a_fault_that_is_not_there_says_so(scenario: Scenario) -> None:
    assert ask(scenario, "DELETE", "faults?id=77") == (404, {"error": "there is no fault 77"})
    assert ask(scenario, "DELETE", "faults?id=x") == (400, {"error": "id must be a fault's number"})
