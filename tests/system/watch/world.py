"""A stepped platform with the alarms, topics and rules of the program's staging stack, and queues that hear the topics."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Any

from sandbox.emulator.cloudwatch.meter import Meter, balancer_of, group_of
from sandbox.emulator.timings import AWS
from sandbox.provider.types import RESOURCE_TYPES
from tests.infra.declared import as_declared
from tests.infra.mocked import Declared, Recording
from tests.support import aws_platform
from tests.support.emulator_scenario import Foundation, Scenario

MINUTE = 60.0
STACK = "staging"
DATABASE = f"axonflow-{STACK}-db"
DECLARED = (
    "aws:sns/topic:Topic",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
)
"""In the order of their needs."""


@functools.cache
def recording() -> Recording:
    return as_declared(STACK)


def agent() -> Declared:
    """The service that runs in this world; alarms of others have no data here."""
    return recording().one("aws:ecs/service:Service", "agent")


class World(Scenario):
    """Time is AWS's, nothing is scaled: an alarm's minute is a minute of the stepped clock."""

    def __init__(self, foundation: Foundation) -> None:
        # The database of this world has been there for long.
        super().__init__(foundation, dataclasses.replace(AWS, database=0.0))
        self.ecs.update_cluster_settings(
            cluster=aws_platform.CLUSTER, settings=[{"name": "containerInsights", "value": "enabled"}]
        )
        self.client("rds").create_db_instance(
            DBInstanceIdentifier=DATABASE, DBInstanceClass="db.t4g.medium", Engine="postgres", AllocatedStorage=20
        )
        self._meter = Meter(self.emulator.watch.metrics)
        self._queues: dict[str, str] = {}
        self.run(MINUTE - self.clock.now().timestamp() % MINUTE)
        self._declare()

    def _declare(self) -> None:
        """Make what the program declared, with the ARNs of this world in the place of the recording's."""
        arns = self._balancer_arns()
        for kind in DECLARED:
            for item in recording().of(kind):
                text = json.dumps(item.inputs)
                for recorded, real in arns.items():
                    text = text.replace(recorded, real)
                inputs = json.loads(text, parse_float=_number)
                identifier = RESOURCE_TYPES[kind].create(self.client, {**inputs, "tagsAll": {}})  # type: ignore[arg-type]
                if kind == DECLARED[0]:
                    arns[f"arn:aws:mock:eu-central-1:123456789012:{item.name}"] = identifier
                    self._listen(item.name, identifier)

    def _balancer_arns(self) -> dict[str, str]:
        [balancer] = agent().inputs["loadBalancers"]
        groups = (balancer["targetGroupArn"], balancer["advancedConfiguration"]["alternateTargetGroupArn"])
        arns = {group_of(old): group_of(new) for old, new in zip(groups, self.balancer.groups, strict=True)}
        mine = balancer_of(self.balancer.listener)
        rule = balancer["advancedConfiguration"]["productionListenerRule"]
        [public] = [each.name for each in recording().of("aws:lb/loadBalancer:LoadBalancer") if not each.inputs["internal"]]
        return {
            **arns,
            rule.split(":listener-rule/")[1].rsplit("/", 2)[0]: mine,
            f"app/{public}/1": mine,
            ":service/cluster/": f":service/{aws_platform.CLUSTER}/",
        }

    def _listen(self, name: str, topic: str) -> None:
        sqs = self.client("sqs")
        self._queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._queues[name], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def close(self) -> None:
        self.client("rds").delete_db_instance(DBInstanceIdentifier=DATABASE, SkipFinalSnapshot=True)
        self.emulator.close()

    def serve(self, minutes: int = 1, *, good: int = 94, bad: int = 0, seconds: float = 0.02) -> None:
        """Let minutes with so many requests each pass, all of them to the serving group."""
        for _ in range(minutes):
            for status, count in ((200, good), (500, bad)):
                for _ in range(count):
                    self._meter.answered(self.balancer.listener, self.balancer.groups[0], status, seconds)
            self.run(MINUTE)

    def refuse(self, minutes: int, count: int) -> None:
        """Let minutes pass in which the load balancer has no target for so many requests."""
        for _ in range(minutes):
            for _ in range(count):
                self._meter.refused(self.balancer.listener, None, 503)
            self.run(MINUTE)

    def raised(self) -> dict[str, list[str]]:
        """Whom the alarms that went off since the last call have reached, and which: names without the stack's."""
        return self._heard("ALARM")

    def over(self) -> dict[str, list[str]]:
        """The same of alarms that are over."""
        return self._heard("OK")

    def _heard(self, state: str) -> dict[str, list[str]]:
        heard = {name: self._messages(url) for name, url in self._queues.items()}
        stem = f"axonflow-{STACK}-"
        return {
            name: [each["AlarmName"].removeprefix(stem) for each in messages if each.get("NewStateValue") == state]
            for name, messages in heard.items()
            if any(each.get("NewStateValue") == state for each in messages)
        }

    def notices(self, topic: str) -> list[Any]:
        """Events that have reached a topic since the last call."""
        return [each for each in self._messages(self._queues[topic]) if "detail-type" in each]

    def _messages(self, url: str) -> list[Any]:
        sqs, found = self.client("sqs"), list[Any]()
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(json.loads(message["Body"])["Message"]))
        return found

    def alarms(self) -> dict[str, Any]:
        """The deployment alarms as the program gives them to its service."""
        document: dict[str, Any] = agent().inputs["alarms"]
        return document


def _number(text: str) -> float:
    """The recording has no whole numbers, as the engine has none."""
    value = float(text)
    return int(value) if value.is_integer() else value
