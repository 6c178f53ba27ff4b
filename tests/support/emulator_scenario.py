"""A stepped emulator with a platform in it, and the words in which the scenarios speak about it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from moto.ec2.models import ec2_backends

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.ecs.model import RolloutState
from sandbox.emulator.ecs.scheduler import services
from sandbox.emulator.emulator import Emulator, stepped
from sandbox.emulator.images import Behaviour, Conduct
from sandbox.emulator.journal import Entry, Kind
from sandbox.emulator.timings import Timings
from tests.support import aws_platform, inprocess

LONGEST = 20.0
"""Seconds of the stepped clock after which something that was waited for counts as never."""


@dataclass(frozen=True)
class Foundation:
    """What moto is slow to make and no scenario changes: it outlives them."""

    network: aws_platform.Network
    role: str

    @classmethod
    def build(cls) -> Foundation:
        application = stepped(ManualClock()).application
        clients = functools.partial(inprocess.client, application)
        return cls(aws_platform.create_network(clients), aws_platform.create_role(clients))


_EMPTIED = ("ecs", "elbv2", "ecr", "logs", "ssm", "dynamodb", "cloudwatch", "sns", "sqs", "events", "applicationautoscaling")


def forget() -> None:
    """Empty the services that scenarios fill, and remove the network interfaces that their tasks left behind."""
    for name in _EMPTIED:
        for regions in list(get_backend(name).values()):
            regions.reset()
    for regions in list(ec2_backends.values()):
        for backend in list(regions.values()):
            for eni in [eni for eni in backend.enis.values() if ":ecs:" in eni.description]:
                del backend.enis[eni.id]


class Scenario:
    """The platform's one service, in a stepped emulator."""

    def __init__(self, foundation: Foundation, timings: Timings | None = None) -> None:
        self.clock = ManualClock()
        self.timings = timings or Timings(tick=0.1)
        self.emulator: Emulator = stepped(self.clock, self.timings)
        self.network, self.role = foundation.network, foundation.role
        self.balancer = aws_platform.create_balancer(self.client, self.network)
        self.client("ecr").create_repository(repositoryName=aws_platform.REPOSITORY, imageTagMutability="IMMUTABLE")
        self.client("logs").create_log_group(logGroupName=aws_platform.LOG_GROUP)
        self.ecs = self.client("ecs")
        self.ecs.create_cluster(clusterName=aws_platform.CLUSTER)

    @functools.cache  # noqa: B019 - as long-lived as the scenario
    def client(self, service: str) -> Any:
        return inprocess.client(self.emulator.application, service)

    def push(self, tag: str, behaviour: str = Behaviour.HEALTHY) -> str:
        """Push an image; returns its reference by digest."""
        pushed = self.emulator.images.push(aws_platform.REPOSITORY, tag, Conduct.parse(behaviour))
        return f"{pushed.reference.rsplit(':', 1)[0]}@{pushed.digest}"

    def register(self, image: str, family: str = aws_platform.FAMILY) -> str:
        """Register a revision that runs an image; returns its ARN."""
        sent = aws_platform.task_definition(image, self.role, family)
        arn: str = self.ecs.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        return arn

    def unreleased(self) -> str:
        """The template: its image does not exist."""
        image = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}:unreleased"
        return self.register(image, aws_platform.TEMPLATE)

    def create(self, definition: str, desired: int = 0, **changes: Any) -> dict[str, Any]:
        sent = aws_platform.service(self.network, self.balancer, self.role, definition, desired=desired)
        answer: dict[str, Any] = self.ecs.create_service(**{**sent, **changes})["service"]
        return answer

    def update(self, **changes: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ecs.update_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, **changes)[
            "service"
        ]
        return answer

    def running(self, tag: str = "v1", desired: int = 2) -> str:
        """A service that runs a healthy image; returns its task definition."""
        definition = self.register(self.push(tag))
        self.create(definition, desired)
        self.until(self.settled)
        return definition

    def release(self, tag: str, behaviour: str = Behaviour.HEALTHY, **changes: Any) -> str:
        """Update the service to a new image; returns its task definition."""
        definition = self.register(self.push(tag, behaviour))
        self.update(taskDefinition=definition, **changes)
        return definition

    def journal(self, *kinds: Kind) -> list[Entry]:
        """What really happened, oldest first: all of it, or entries of some kinds."""
        return [entry for entry in self.emulator.journal.since(0) if not kinds or entry.kind in kinds]

    def describe(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
        found: dict[str, Any] = answer["services"][0]
        return found

    def primary(self) -> dict[str, Any]:
        found: dict[str, Any] = self.describe()["deployments"][0]
        return found

    def service_deployments(self) -> list[dict[str, Any]]:
        """Newest first, as DescribeServiceDeployments shows them."""
        listed = self.ecs.list_service_deployments(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
        arns = [each["serviceDeploymentArn"] for each in listed["serviceDeployments"]]
        described = self.ecs.describe_service_deployments(serviceDeploymentArns=arns)
        found: list[dict[str, Any]] = described["serviceDeployments"]
        return found

    def tasks(self, status: str = "RUNNING") -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster=aws_platform.CLUSTER, serviceName=aws_platform.SERVICE, desiredStatus=status)[
            "taskArns"
        ]
        if not arns:
            return []
        found: list[dict[str, Any]] = self.ecs.describe_tasks(cluster=aws_platform.CLUSTER, tasks=arns)["tasks"]
        return found

    def stopped(self, definition: str) -> list[dict[str, Any]]:
        """Tasks of a revision that have come to their end."""
        return [
            task
            for task in self.tasks("STOPPED")
            if task["taskDefinitionArn"] == definition and task["lastStatus"] == "STOPPED"
        ]

    def events(self) -> list[str]:
        """Newest first."""
        return [event["message"] for event in self.describe()["events"]]

    def targets(self, group: int = 0) -> Counter[str]:
        """How many targets of a group are in each state."""
        arn = self.balancer.groups[group]
        answer = self.client("elbv2").describe_target_health(TargetGroupArn=arn)
        return Counter(each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"])

    def run(self, seconds: float) -> None:
        """Let time pass, a step at each tick."""
        self.emulator.advance(seconds)

    def until(self, condition: Callable[[], bool], seconds: float = LONGEST) -> float:
        """Step until a condition holds; returns the seconds that it took."""
        start = self.clock.monotonic()
        while not condition():
            if self.clock.monotonic() - start > seconds:
                raise AssertionError(f"not within {seconds:g} s of the stepped clock: {self.describe()}")
            self.run(self.timings.tick)
        return self.clock.monotonic() - start

    def settled(self) -> bool:
        """One deployment is left and it is complete. The emulator's own objects tell: scenarios ask at every tick."""
        found = next(service for service in services() if service.name == aws_platform.SERVICE).deployments
        return len(found) == 1 and found[0].rollout_state is RolloutState.COMPLETED

    def rolled_back(self) -> bool:
        return self.settled() and str(self.service_deployments()[0]["status"]).startswith("ROLLBACK_")
