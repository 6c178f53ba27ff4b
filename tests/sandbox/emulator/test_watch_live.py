"""Requests that pass the load balancer make an alarm go off, on the machine's own time and the fast profile's minutes."""

from __future__ import annotations

import http.client
import json
import time

import pytest

from sandbox.emulator.cloudwatch.meter import balancer_of, group_of
from tests.support.alarms import put_alarm
from tests.support.emulator_process import EmulatorProcess
from tests.support.live_platform import Site

pytestmark = [pytest.mark.emulator, pytest.mark.waits]
LONGEST = 20.0


def test_failing_requests_reach_the_subscriber_as_an_alarm(emulator: EmulatorProcess) -> None:
    site = Site(emulator)
    topic = emulator.client("sns").create_topic(Name="p1")["TopicArn"]
    sqs = emulator.client("sqs")
    queue = sqs.create_queue(QueueName="on-call")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    emulator.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    put_alarm(
        emulator.client("cloudwatch"),
        "errors",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": balancer_of(site.balancer.listener)},
            {"Name": "TargetGroup", "Value": group_of(site.balancer.groups[0])},
        ],
        EvaluationPeriods=1,
        Threshold=0,
        AlarmActions=[topic],
    )

    connection = http.client.HTTPConnection(site.balancer.dns_name, timeout=5)
    messages: list[dict[str, str]] = []
    end = time.monotonic() + LONGEST
    while not messages and time.monotonic() < end:
        connection.request("GET", "/work?status=500")
        assert connection.getresponse().read()
        messages = sqs.receive_message(QueueUrl=queue).get("Messages", [])
        time.sleep(0.1)
    connection.close()

    [message] = [json.loads(json.loads(each["Body"])["Message"]) for each in messages]
    assert (message["AlarmName"], message["NewStateValue"]) == ("errors", "ALARM")
