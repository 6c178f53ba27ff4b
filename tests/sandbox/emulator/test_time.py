"""Time: the stepped clock over the control endpoint, and the profile with AWS's own durations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from werkzeug.test import Client

from sandbox.emulator.journal import Kind
from sandbox.emulator.timings import AWS
from tests.support import aws_platform
from tests.support.emulator_process import EmulatorProcess
from tests.support.emulator_scenario import Foundation, Scenario, forget


@pytest.fixture
def unscaled(foundation: Foundation) -> Iterator[Scenario]:
    made = Scenario(foundation, AWS)
    yield made
    made.emulator.close()
    forget()


def post(scenario: Scenario, body: object) -> tuple[int, dict[str, Any]]:
    answer = Client(scenario.emulator.application).post("/_sandbox/clock", data=json.dumps(body))
    return answer.status_code, json.loads(answer.get_data())


def test_advancing_the_clock_steps_through_every_tick(scenario: Scenario) -> None:
    scenario.create(scenario.register(scenario.push("v1")), 2)
    before = scenario.clock.now()

    code, answer = post(scenario, {"advance": 10})

    assert code == 200
    assert (datetime.fromisoformat(answer["now"]) - before).total_seconds() == pytest.approx(10)
    assert scenario.settled()
    healthy = [(entry.time - before).total_seconds() for entry in scenario.journal(Kind.TASK_HEALTHY)]
    assert all(0.5 < seconds < 3 for seconds in healthy), "each at its own time, not at the end"


@pytest.mark.parametrize("body", [{}, {"advance": 0}, {"advance": "1"}, {"advance": 1, "x": 2}, {"advance": 1e9}])
def test_an_advance_that_makes_no_sense_is_refused(scenario: Scenario, body: object) -> None:
    before = scenario.clock.now()

    assert post(scenario, body) == (400, {"error": "advance must be a number of seconds, 86400 at most"})
    assert scenario.clock.now() == before


def test_an_unscaled_release_takes_what_the_settings_say(unscaled: Scenario) -> None:
    """Start 60 s, one health check of 5 s; then 60 s of draining, 30 s of stop timeout and 5 s for the interface."""
    unscaled.create(unscaled.register(unscaled.push("v1")), 2)
    unscaled.until(unscaled.settled, 600)
    unscaled.release("v2")

    live = unscaled.until(lambda: unscaled.targets().get("healthy", 0) >= 2 and unscaled.targets()["draining"] == 2, 600)
    drained = unscaled.until(unscaled.settled, 600)

    assert live == pytest.approx(60 + 5, abs=5)
    assert drained == pytest.approx(60 + 30 + 5, abs=5)


@pytest.mark.emulator
def test_a_process_with_a_stepped_clock_moves_when_it_is_told() -> None:
    with EmulatorProcess("--clock", "stepped", "--profile", "aws") as emulator:
        clients = emulator.client
        network, role = aws_platform.create_network(clients), aws_platform.create_role(clients)
        balancer = aws_platform.create_balancer(clients, network)
        clients("ecr").create_repository(repositoryName=aws_platform.REPOSITORY)
        clients("logs").create_log_group(logGroupName=aws_platform.LOG_GROUP)
        pushed = emulator.control("POST", "images", {"repository": aws_platform.REPOSITORY, "tag": "v1"})[1]
        ecs = clients("ecs")
        ecs.create_cluster(clusterName=aws_platform.CLUSTER)
        sent = aws_platform.task_definition(pushed["image"], role)
        definition = ecs.register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        ecs.create_service(**aws_platform.service(network, balancer, role, definition, desired=1))

        def state() -> str:
            found = ecs.describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
            return str(found["services"][0]["deployments"][0]["rolloutState"])

        at_first = state()
        _, clock = emulator.control("POST", "clock", {"advance": 120})
        _, status = emulator.control("GET", "status")

        assert (at_first, state()) == ("IN_PROGRESS", "COMPLETED")
        assert clock["stepped"] is True
        assert status["profile"] == "aws"
