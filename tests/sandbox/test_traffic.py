"""The real process under real traffic: a release, good or bad, costs no client a request."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox import aws_platform
from tests.sandbox.process import EmulatorProcess
from tests.sandbox.traffic import Traffic

pytestmark = pytest.mark.emulator

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

    def register(self, tag: str, behaviour: str) -> str:
        body = {"repository": aws_platform.REPOSITORY, "tag": tag, "behaviour": behaviour}
        status, pushed = self.emulator.control("POST", "images", body)
        assert status == 200, pushed
        sent = aws_platform.task_definition(pushed["image"], self.role)
        arn: str = self.ecs.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        return arn

    def release(self, tag: str, behaviour: str) -> str:
        definition = self.register(tag, behaviour)
        self.ecs.update_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, taskDefinition=definition)
        self.wait(self.settled)
        listed = self.ecs.list_service_deployments(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
        status: str = listed["serviceDeployments"][0]["status"]
        return status

    def settled(self) -> bool:
        found = self.ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
        deployments: list[dict[str, Any]] = found["services"][0]["deployments"]
        return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + _LONGEST
        while not condition():
            assert time.monotonic() < end, self.emulator.control("GET", "status")
            time.sleep(0.1)


@pytest.fixture(scope="module")
def site(emulator: EmulatorProcess) -> Site:
    return Site(emulator)


def test_no_request_fails_during_a_good_release_and_three_bad_ones(site: Site) -> None:
    with Traffic(site.address) as traffic:
        outcomes = [
            site.release(tag, behaviour)
            for tag, behaviour in (("v2", "healthy"), ("v3", "no-image"), ("v4", "crash"), ("v5", "unhealthy"))
        ]

    assert outcomes == ["SUCCESSFUL", *["ROLLBACK_SUCCESSFUL"] * 3]
    assert traffic.report.failures == [], str(traffic.report)
    assert traffic.report.answered == traffic.report.sent > 0
    assert set(traffic.report.versions) == {"v1", "v2"}, str(traffic.report)


def test_the_end_cuts_held_requests_and_stays_quiet() -> None:
    with EmulatorProcess() as emulator:
        site = Site(emulator)
        held = http.client.HTTPConnection(site.balancer.dns_name, timeout=20)
        held.request("GET", "/work?hold=30")
        time.sleep(0.3)

        code, errors = emulator.end()

        with pytest.raises((http.client.HTTPException, ConnectionError)):
            held.getresponse()
        held.close()

    assert (code, errors) == (0, "")
