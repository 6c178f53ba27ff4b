"""The platform in an emulator's process, for what needs real commands or real traffic."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from tests.support import aws_platform, handover
from tests.support.emulator_process import EmulatorProcess
from tests.support.inprocess import REGION

_LONGEST = 40


class Site:
    """The platform in the emulator's process, with version v1 serving."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.network = aws_platform.create_network(emulator.client)
        self.balancer = aws_platform.create_balancer(emulator.client, self.network)
        self.role = aws_platform.create_role(emulator.client)
        emulator.client("ecr").create_repository(repositoryName=aws_platform.REPOSITORY, imageTagMutability="IMMUTABLE")
        emulator.client("logs").create_log_group(logGroupName=aws_platform.LOG_GROUP)
        self.ecs = emulator.client("ecs")
        self.ecs.create_cluster(clusterName=aws_platform.CLUSTER)
        definition = self.register("v1", "healthy")
        sent = aws_platform.service(self.network, self.balancer, self.role, definition, desired=2)
        self.ecs.create_service(**sent)
        self.wait(self.settled)

    @property
    def address(self) -> str:
        return f"http://{self.balancer.dns_name}"

    def push(self, tag: str, behaviour: str) -> str:
        """Push an image; returns its reference by tag."""
        body = {"repository": aws_platform.REPOSITORY, "tag": tag, "behaviour": behaviour}
        status, pushed = self.emulator.control("POST", "images", body)
        assert status == 200, pushed
        return str(pushed["image"])

    def register(self, tag: str, behaviour: str) -> str:
        sent = aws_platform.task_definition(self.push(tag, behaviour), self.role)
        arn: str = self.ecs.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        return arn

    def release(self, tag: str, behaviour: str) -> str:
        definition = self.register(tag, behaviour)
        self.ecs.update_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, taskDefinition=definition)
        self.wait(self.settled)
        listed = self.ecs.list_service_deployments(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
        status: str = listed["serviceDeployments"][0]["status"]
        return status

    def hand_over(self) -> None:
        """Make what the release tool reads."""
        handover.hand_over(self.emulator.client, self.balancer, self.role, self.address)

    def environment(self) -> dict[str, str]:
        """In which a command reaches this platform, and nothing else of AWS."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            "AWS_ENDPOINT_URL": self.emulator.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
        }

    def settled(self) -> bool:
        found = self.ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
        deployments: list[dict[str, Any]] = found["services"][0]["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _LONGEST
        while not condition():
            assert time.monotonic() < end, self.emulator.control("GET", "status")
            time.sleep(0.1)
