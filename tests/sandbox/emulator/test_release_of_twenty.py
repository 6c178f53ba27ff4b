"""appdeploy on the stepped emulator: what passes does not stop a good release, what does not pass is known at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

import appdeploy.aws.clients
from appdeploy import cli
from appdeploy.aws.clients import Clients
from appdeploy.model.clock import SystemClock
from sandbox.emulator.images import Behaviour
from sandbox.emulator.journal import Kind
from tests.support import handover
from tests.support.emulator_scenario import Scenario
from tests.support.inprocess import REGION
from tests.support.tool_clients import clients_of

LIVE, ROLLED_BACK_BY_US = 0, 21
TASKS = 20


class Release:
    """`appdeploy deploy` in this process: while it waits, the emulator's clock moves on."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.looked: list[datetime] = []
        """When each pause between two polls was over."""

    def of(self, behaviour: str, *options: str) -> int:
        """Release an image; returns the exit status."""
        self.scenario.push("v2", behaviour)
        return cli.run(["deploy", "-e", handover.ENVIRONMENT, "--version", "v2", *options])

    def wait(self, seconds: float) -> None:
        self.scenario.run(seconds)
        self.looked.append(self.scenario.clock.now())


def clients(of: Callable[[str], object]) -> Clients:
    """The tool's clients, which reach the emulator without a socket."""
    return clients_of(REGION, of)


@pytest.fixture
def release(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Release:
    """A service that runs 20 tasks, and a way to release on it."""
    scenario.running("v1", TASKS)
    handover.hand_over(scenario.client, scenario.balancer, scenario.role, "http://127.0.0.1")
    made = Release(scenario)
    monkeypatch.setattr(appdeploy.aws.clients, "connect", lambda region: clients(scenario.client))
    monkeypatch.setattr(SystemClock, "now", lambda clock: scenario.clock.monotonic())
    monkeypatch.setattr(SystemClock, "sleep", lambda clock, seconds: made.wait(seconds))
    return made


@pytest.mark.parametrize("kind", [Behaviour.NO_CAPACITY, Behaviour.PULL_TIMEOUT, Behaviour.SPOT])
def test_two_passing_failures_of_twenty_tasks_do_not_stop_a_good_release(release: Release, kind: Behaviour) -> None:
    assert release.of(f"{kind}:2", "--until", "complete") == LIVE

    scenario = release.scenario
    stopped = [entry for entry in scenario.journal(Kind.TASK_STOPPED) if entry.details["code"] != "ServiceSchedulerInitiated"]
    assert len(stopped) == 2, "the failures did happen"
    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"


def test_many_passing_failures_are_left_to_the_circuit_breaker(release: Release) -> None:
    assert release.of("pull-timeout:9") == LIVE


@pytest.fixture
def two_at_a_time(release: Release) -> Release:
    """So that the second crash decides long before the circuit breaker's tenth."""
    release.scenario.update(deploymentConfiguration={"maximumPercent": 110, "minimumHealthyPercent": 100})
    return release


def test_a_crash_is_known_at_the_poll_that_follows_the_deciding_failure(two_at_a_time: Release) -> None:
    """Two permanent failures decide while no new task has been healthy."""
    assert two_at_a_time.of("crash") == ROLLED_BACK_BY_US

    # Reason and exit code are there as soon as a task is stopping.
    decided = two_at_a_time.scenario.journal(Kind.TASK_STOPPING)[1].time
    statuses = two_at_a_time.scenario.journal(Kind.SERVICE_DEPLOYMENT)
    asked = next(entry.time for entry in statuses if entry.details["status"] == "ROLLBACK_REQUESTED")
    assert [moment for moment in two_at_a_time.looked if decided <= moment <= asked] == [asked]


def test_the_last_lines_of_the_container_are_on_the_screen(two_at_a_time: Release, capsys: pytest.CaptureFixture[str]) -> None:
    two_at_a_time.of("crash")

    shown = "".join(capsys.readouterr())

    assert "exited with code 1" in shown
    assert "panic: cannot reach database" in shown
