"""The pace of calls to ECS."""

from __future__ import annotations

import fnmatch
import threading

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from appdeploy.aws import rate
from appdeploy.aws.rate import REGISTRATIONS, UPDATES, Allowance, TokenBucket, keep_pace
from tests.support.switchboard import StepClock

TEN = Allowance("*", 10, 2)


def test_so_many_go_at_once_and_then_one_whenever_a_token_comes_back():
    clock = StepClock()
    bucket = TokenBucket(TEN, clock)
    moments = []
    for _ in range(14):
        bucket.take()
        moments.append(clock.now() - 1000)
    assert moments == [0] * 9 + [0.5, 1.0, 1.5, 2.0, 2.5]


@given(st.lists(st.floats(0, 20), max_size=60))
def test_ecs_itself_never_lacks_a_token(pauses):
    """Its bucket, asked whenever ours lets a call go."""
    clock = StepClock()
    ours = TokenBucket(TEN, clock)
    theirs, filled = float(TEN.burst), clock.now()
    for pause in pauses:
        clock.time += pause
        ours.take()
        theirs = min(TEN.burst, theirs + (clock.now() - filled) * TEN.per_second) - 1
        filled = clock.now()
        assert theirs >= 0


def test_a_throttle_empties_our_picture_of_it():
    clock = StepClock()
    bucket = TokenBucket(TEN, clock)
    bucket.throttled()
    bucket.take()
    assert clock.now() == 1000.5


def test_those_who_wait_together_get_their_tokens_in_turn():
    clock = StepClock()
    bucket, waits, guard = TokenBucket(REGISTRATIONS, clock), [], threading.Lock()

    def sleep(seconds):
        with guard:
            waits.append(seconds)

    clock.sleep = sleep
    threads = [threading.Thread(target=bucket.take) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([1, 2, 3, 4, 5, 6])


@pytest.fixture
def ecs():
    """A client whose calls are answered here, after what the pace has to say; `answers` are its next ones."""
    return client_of_ecs()


def client_of_ecs():
    once = Config(retries={"total_max_attempts": 1})
    client = boto3.Session("a", "b", region_name="eu-central-1").client("ecs", config=once)
    client.answers = []

    def answer(**_):
        status, body = client.answers.pop(0) if client.answers else (200, b"{}")
        return AWSResponse("https://ecs", status, {}, type("Raw", (), {"stream": lambda *_: iter([body])})())

    client.meta.events.register_last("before-send", answer)
    return client


def test_a_read_waits_for_its_token_and_other_groups_do_not(ecs):
    clock = StepClock()
    keep_pace([ecs], clock)
    for _ in range(99):
        ecs.list_tasks(cluster="c")
    assert clock.now() == 1000
    ecs.describe_tasks(cluster="c", tasks=["t"])
    assert clock.now() == pytest.approx(1000.05)
    ecs.describe_services(cluster="c", services=["s"])
    ecs.list_clusters()
    assert clock.now() == pytest.approx(1000.05)


def test_each_operation_that_is_called_has_one_bucket_at_most(ecs):
    operations = ecs.meta.service_model.operation_names
    found = [sorted(fnmatch.filter(operations, allowance.operations)) for allowance in (*rate._READS, UPDATES, REGISTRATIONS)]
    assert found == [
        ["DescribeTaskDefinition"],
        ["DescribeServices"],
        ["DescribeServiceDeployments", "ListServiceDeployments"],
        ["DescribeServiceRevisions"],
        ["DescribeTasks", "ListTasks"],
        ["CreateService", "DeleteService", "UpdateService"],
        ["DeregisterTaskDefinition", "RegisterTaskDefinition"],
    ]


def test_two_clients_share_the_buckets(ecs):
    clock = StepClock()
    other = client_of_ecs()
    keep_pace([ecs, other], clock)
    for client in (ecs, other):
        for _ in range(55):
            client.list_tasks(cluster="c")
    assert clock.now() > 1000


def test_the_pace_of_the_next_release_replaces_that_of_the_last(ecs):
    for _ in range(3):
        clock = StepClock()
        keep_pace([ecs], clock)
        for _ in range(99):
            ecs.list_tasks(cluster="c")
        assert clock.now() == 1000


def test_a_clock_that_goes_back_costs_no_token():
    clock = StepClock()
    bucket = TokenBucket(TEN, clock)
    clock.time -= 500
    bucket.take()
    assert clock.now() == 500


def test_a_throttled_read_makes_the_next_one_wait(ecs):
    clock = StepClock()
    keep_pace([ecs], clock)
    ecs.answers = [(400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')]
    with pytest.raises(ecs.exceptions.ClientError):
        ecs.list_tasks(cluster="c")
    waited = clock.now()
    ecs.list_tasks(cluster="c")
    assert clock.now() == pytest.approx(waited + 0.05)
