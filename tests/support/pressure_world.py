"""The stepped emulator with a platform in it and the release tool beside it, both on one clock and in one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appdeploy.aws.clients import Clients, connect
from appdeploy.lock.item import Holder
from appdeploy.lock.session import TakeoverAcquirer, WaitingAcquirer
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.events import Event
from appdeploy.model.operation import Deploy
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.task_definition import FENCE_TAG, RELEASE_TAG, name_of
from appdeploy.plan.prepare import Request, prepare
from appdeploy.release.options import WatchOptions
from appdeploy.release.run import run_release
from appdeploy.rollback.prepare import Request as BackRequest
from appdeploy.rollback.prepare import prepare_rollback
from appdeploy.watch.judge import Policy
from sandbox.emulator.emulator import Emulator
from sandbox.emulator.faults import Fault
from sandbox.emulator.images import Conduct
from tests.support import aws_platform, inprocess
from tests.support import release_platform as platform
from tests.support.emulator_scenario import Foundation, Scenario
from tests.support.tool_clients import every_client

RIVAL = "upgrade-2026-1125-100000-bobbob"
SERVICE = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}


class AppClock:
    """The emulator's clock as the release tool sees it: who sleeps moves the world on."""

    def __init__(self, emulator: Emulator, now: Callable[[], float]) -> None:
        self._emulator = emulator
        self._now = now
        self.planned: list[tuple[float, Callable[[], None]]] = []
        """What is to happen at which reading, once."""

    def now(self) -> float:
        return self._now()

    cancelled = False

    def sleep(self, seconds: float) -> None:
        end = self._now() + seconds
        for moment, act in [item for item in sorted(self.planned, key=lambda item: item[0]) if item[0] <= end]:
            self.planned = [item for item in self.planned if item[1] is not act]
            self._emulator.advance(max(0.001, moment - self._now()))
            act()
        if end > self._now():
            self._emulator.advance(end - self._now())


class World(Scenario):
    """A service with three good releases behind it, and the words in which the tests speak about it."""

    def __init__(self, foundation: Foundation) -> None:
        super().__init__(foundation)
        self.platform = platform.complete(self.client, self.network, self.balancer, self.role)
        self.aws = _clients(self.emulator)
        self.app = AppClock(self.emulator, self.clock.monotonic)
        self.events: list[Event] = []
        for version in ("v1", "v2", "v3"):
            self.push(version)
            [result] = self.deploy(version)
            assert result.outcome.ok, result

    def deploy(self, version: str) -> tuple[ServiceResult, ...]:
        """`appdeploy deploy`."""
        request = Request("staging", Deploy(version), ())
        line = WaitingAcquirer(self.aws, self.app, self.events.append, 0)
        return self._run(lambda: prepare(request, self.aws).cleared(), line)

    def rollback(self, *, until_complete: bool = True, timeout: float = 600.0, **wishes: Any) -> ServiceResult:
        """`appdeploy rollback`."""
        self.events.clear()
        self.emulator.calls.clear()
        request = BackRequest("staging", (), **wishes)
        line = TakeoverAcquirer(self.aws, self.events.append)
        watching = WatchOptions(Policy(until_complete=until_complete, patient=False), timeout)
        [result] = self._run(lambda: prepare_rollback(request, self.aws), line, watching)
        return result

    def _run(self, make: Any, line: Any, watching: WatchOptions | None = None) -> tuple[ServiceResult, ...]:
        watching = watching or WatchOptions(Policy(until_complete=True, patient=False), 600)
        return run_release(make, watching, self.aws, self.app, self.events.append, line)

    def fault(self, **fault: Any) -> None:
        self.emulator.faults.add(Fault.parse(fault))

    def behaves(self, version: str, behaviour: str) -> None:
        """Change what tasks of a version do from now on."""
        self.emulator.images.behave(f"*:{version}", Conduct.parse(behaviour))

    def drain(self, seconds: int) -> None:
        """Let old tasks finish requests for so long (deregistration delay, in AWS's seconds)."""
        delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}]
        for group in self.balancer.groups:
            self.client("elbv2").modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)

    def at(self, seconds: float, act: Callable[[], Any]) -> None:
        """Let something happen that many seconds from now, while the tool waits."""
        self.app.planned.append((self.app.now() + seconds, act))

    @property
    def stands_on(self) -> str:
        """`family:revision`."""
        return name_of(self.describe()["taskDefinition"])

    @property
    def runs(self) -> set[str]:
        """The revisions of all running tasks."""
        return {name_of(task["taskDefinitionArn"]) for task in self.tasks()}

    @property
    def calls_before_update(self) -> list[str]:
        """The calls before the first UpdateService, from the emulator's record."""
        actions = [call.action for call in self.emulator.calls.since(0)]
        return actions[: actions.index("UpdateService")]

    def rival(self, version: str = "v9", behaviour: str = "healthy") -> Rival:
        """Another release that has the lock and has registered its revision, and sends its update when reported to."""
        return Rival(self, version, behaviour)


class Rival:
    """A release at work beside ours."""

    def __init__(self, world: World, version: str, behaviour: str) -> None:
        self._world = world
        self.store = DynamoLockStore(world.aws.dynamodb, platform.TABLE)
        fence = self.store.take(self.store.read().mark, Holder(RIVAL, "bob", "2026-11-25T10:00:00+00:00", "token"))
        sent = aws_platform.task_definition(world.push(version, behaviour), world.role)
        tags = [{"key": RELEASE_TAG, "value": RIVAL}, {"key": FENCE_TAG, "value": str(fence)}]
        registered = world.ecs.register_task_definition(**sent, tags=tags)
        self.revision: str = registered["taskDefinition"]["taskDefinitionArn"]

    def lands(self) -> None:
        """Its UpdateService takes effect."""
        self._world.update(taskDefinition=self.revision)


def _clients(emulator: Emulator) -> Clients:
    """The tool's own clients, whose requests reach the emulator without a socket."""
    made = connect(inprocess.REGION)
    transport = inprocess.Transport()
    transport.application = emulator.application
    for client in every_client(made):
        client.meta.events.register("before-send", transport)
    return made
