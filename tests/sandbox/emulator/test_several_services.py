"""`appdeploy deploy` of three services on the stepped emulator, judged by the event journal: order, all or none, and the task
before a rollout."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

import appdeploy.aws.clients
from appdeploy import cli
from appdeploy.ledger.store import Ledger
from appdeploy.model.clock import SystemClock
from sandbox.emulator.journal import Entry, Kind
from tests.simulation.faults import platform
from tests.simulation.faults.journal_replay import Service, Story
from tests.simulation.faults.simulation import INFRA, World, open_world

AGENT, ORCHESTRATOR, PORTAL = SERVICES = ("agent", "orchestrator", "customer-portal")
ORDER = {AGENT: 1, ORCHESTRATOR: 0, PORTAL: 1}
MIGRATE = {"command": ["migrate", "up"], "timeout_seconds": 60}


class Platform:
    """Three services that run v1, and the command line."""

    def __init__(self, world: World) -> None:
        self.world = world
        for service, order in ORDER.items():
            self.tell(service, wave=order)
        for service in SERVICES:
            world.push(service, "v1", "healthy")
        assert self.deploy("v1") == 0
        world.settle()
        self._ready = world.snapshot()

    def tell(self, service: str, **changes: Any) -> None:
        """What `pulumi up` writes into a service's contract."""
        platform.tell(partial(self.world.client, INFRA), service, **changes)

    def anew(self) -> None:
        self.world.restore(self._ready)

    def push(self, **behaviours: str) -> None:
        """v2 of each service, healthy but for those that are named."""
        for service in SERVICES:
            self.world.push(service, "v2", behaviours.get(service, "healthy"))

    def deploy(self, version: str = "v2", *options: str) -> int:
        return cli.run(["deploy", "-e", platform.ENVIRONMENT, "--version", version, *options])

    def since(self, number: int, *kinds: Kind) -> list[Entry]:
        return [entry for entry in self.world.entries() if entry.n > number and entry.kind in kinds]

    @property
    def services(self) -> dict[str, Service]:
        story = Story()
        story.tell(self.world.entries())
        return {name: story.services[platform.service_arn(name)] for name in SERVICES}

    @property
    def serving(self) -> dict[str, int]:
        """Of each service's PRIMARY, how many tasks are healthy where customers are served."""
        return {name: service.healthy_tasks(service.primary) for name, service in self.services.items()}

    @property
    def definitions(self) -> dict[str, str]:
        return {name: service.definition for name, service in self.services.items()}

    @property
    def outcomes(self) -> dict[str, str | None]:
        """As the ledger has them of the release of v2."""
        entries = Ledger(self.world.clients.dynamodb, platform.TABLE).newest(5)
        (entry,) = (each for each in entries if each.purpose.startswith("v2"))  # Ids of one second are in no order.
        return {name: service.outcome for name, service in entry.services.items()}


@pytest.fixture(scope="module")
def released() -> Iterator[Platform]:
    with open_world(World) as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr(appdeploy.aws.clients, "connect", lambda region: world.clients)
        patch.setattr(SystemClock, "now", lambda clock: world.now())
        patch.setattr(SystemClock, "sleep", lambda clock, seconds: world.clock.sleep(seconds))
        yield Platform(world)


@pytest.fixture
def three(released: Platform) -> Platform:
    released.anew()
    return released


def test_a_group_begins_once_all_tasks_of_those_before_it_are_healthy(three: Platform) -> None:
    number = three.world.number()
    three.push()
    assert three.deploy() == 0

    began = {entry.service: entry.n for entry in three.since(number, Kind.SERVICE_UPDATED)}
    orchestrator = platform.service_arn(ORCHESTRATOR)
    healthy = [entry.n for entry in three.since(number, Kind.TASK_HEALTHY) if entry.service == orchestrator]
    complete = [entry.n for entry in three.since(number, Kind.DEPLOYMENT_COMPLETED) if entry.service == orchestrator]
    later = [began[platform.service_arn(name)] for name in (AGENT, PORTAL)]
    assert began[orchestrator] < max(healthy) < min(later)
    assert max(later) < complete[0], "its completion is not waited for"


@pytest.mark.parametrize(("behaviour", "until"), [("crash", "complete"), ("unhealthy", "complete"), ("unhealthy", "live")])
def test_one_of_three_that_crashes_takes_the_others_back(
    three: Platform, capsys: pytest.CaptureFixture[str], behaviour: str, until: str
) -> None:
    before = three.definitions
    three.push(agent=behaviour)

    assert three.deploy("v2", "--until", until) == 21

    assert three.definitions == before
    assert three.serving == platform.COUNTS
    assert three.outcomes == dict.fromkeys(SERVICES, "rolled-back")
    shown = "".join(capsys.readouterr())
    assert shown.count(": rolled-back: because of agent") == 2, "why the others went back"
    assert len([line for line in shown.splitlines() if ": rolled-back after " in line and "upgrade" in line]) == 1


def test_without_atomic_two_of_three_are_live(three: Platform) -> None:
    before = three.definitions
    three.push(agent="crash")

    assert three.deploy("v2", "--no-atomic", "--until", "complete") == 21

    assert three.outcomes == {AGENT: "rolled-back", ORCHESTRATOR: "live", PORTAL: "live"}
    changed = {name for name in SERVICES if three.definitions[name] != before[name]}
    assert changed == {ORCHESTRATOR, PORTAL}
    assert three.serving == platform.COUNTS


def test_behind_a_group_that_crashes_no_service_is_touched(three: Platform) -> None:
    number = three.world.number()
    three.push(orchestrator="crash")

    assert three.deploy() == 21

    assert {entry.service for entry in three.since(number, Kind.SERVICE_UPDATED)} == {platform.service_arn(ORCHESTRATOR)}
    assert three.outcomes == {AGENT: "skipped", ORCHESTRATOR: "rolled-back", PORTAL: "skipped"}


def test_a_failing_task_before_the_rollout_changes_no_service(three: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    number = three.world.number()
    three.tell(ORCHESTRATOR, pre_deploy=MIGRATE)
    three.push(orchestrator="task-fails:3")

    assert three.deploy() == 25

    assert three.since(number, Kind.SERVICE_UPDATED, Kind.DEPLOYMENT_CREATED, Kind.COUNT_CHANGED) == []
    (ended,) = three.since(number, Kind.TASK_STOPPED)
    assert ended.details["exit_codes"] == {ORCHESTRATOR: 3}
    assert three.outcomes == dict.fromkeys(SERVICES, "skipped")
    shown = "".join(capsys.readouterr())
    assert "orchestrator:   | migrate up: failed" in shown
    assert "the task before its rollout exited with code 3" in shown


def test_a_task_before_the_rollout_has_ended_when_its_service_is_updated(three: Platform) -> None:
    number = three.world.number()
    three.tell(AGENT, pre_deploy=MIGRATE)
    three.push()

    assert three.deploy() == 0

    (ended,) = [entry for entry in three.since(number, Kind.TASK_STOPPED) if not entry.service]
    updated = {entry.service: entry.n for entry in three.since(number, Kind.SERVICE_UPDATED)}
    assert updated[platform.service_arn(ORCHESTRATOR)] < ended.n < updated[platform.service_arn(AGENT)]
