"""A world in one process: the emulator on a stepped clock, the platform in it, and the tool's own clients and clock.

Time passes only when someone waits: the tool between two polls, its SDK before it tries again, a client for an answer
that never comes. Everything is done in one thread and in one order, so that a seed tells the whole story again.
"""

from __future__ import annotations

import contextvars
import functools
from bisect import bisect_left
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar

import boto3
import botocore.endpoint
import botocore.retries.quota
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

import appdeploy.aws.clients
from sandbox.emulator.clock import ManualClock
from sandbox.emulator.emulator import stepped
from sandbox.emulator.images import Conduct
from sandbox.emulator.journal import Entry
from sandbox.emulator.timings import Timings
from tests.simulation.faults import platform
from tests.simulation.faults.journal_replay import Story
from tests.simulation.faults.reported import Call
from tests.support.emulator_scenario import forget
from tests.support.inprocess import ENDPOINT, REGION, Transport
from tests.support.tool_clients import every_client

TOOL, PERSON, RIVAL, INFRA = "tool", "person", "rival", "infra"
"""Access keys: the journal tells by them who asked for what."""
TIMINGS = Timings(
    tick=0.5,
    provision=0.5,
    pull=1.0,
    boot=1.0,
    crash=1.0,
    health_second=0.2,
    grace_second=0.2,
    drain_second=0.05,
    minute=5.0,
    stop=1.0,
    deprovision=0.5,
    backoff=1.0,
    backoff_limit=5.0,
)
"""Between the profiles: a good release takes about ten seconds, which is about eight polls."""
READ_SECONDS = 10.0
"""How long the tool's clients wait for an answer (appdeploy.aws.clients)."""
LONGEST = 20_000.0
"""Seconds of the stepped clock after which a release counts as endless."""
_NO_ANSWER = (b"Throttl", b"RequestLimitExceeded", b"TooManyRequests", b"Expired")


class _Clock(ManualClock):
    """Time that a fault lets pass while a call is held back."""

    wait: ClassVar[Callable[[float], None]]

    cancelled = False

    def sleep(self, seconds: float) -> None:
        # In a context of its own: what happens meanwhile makes calls, and this one is still being answered.
        contextvars.copy_context().run(type(self).wait, seconds)


@dataclass
class Moment:
    """Something that is to happen."""

    act: Callable[[], None]
    due: float | None = None
    """A reading of the clock."""
    operation: str = ""
    """Else: around a call of the tool."""
    skip: int = 0
    """So many calls of that operation pass before."""
    after: bool = False


@dataclass
class Watched:
    """What the world remembers of the release under way."""

    calls: list[Call] = field(default_factory=list)
    looked: float = 0.0
    """The clock's reading when the tool's last pause ended."""
    ringing: bool = False
    until: float = LONGEST


class ToolClock:
    """The stepped clock as the tool sees it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        return self._world.now()

    cancelled = False

    def sleep(self, seconds: float) -> None:
        self._world.pass_time(seconds)
        self._world.watched.looked = self._world.now()


class World:
    """Use within `open_world`."""

    def __init__(self) -> None:
        self._clock = _Clock()
        _Clock.wait = self.pass_time
        self.emulator = stepped(self._clock, TIMINGS)
        self.moments: list[Moment] = []
        self.watched = Watched()
        self._entries: list[Entry] = []
        self.clock = ToolClock(self)
        self.clients = _tool_clients(self)
        self.role = platform.create(functools.partial(self.client, INFRA))

    def client(self, key: str, service: str) -> Any:
        """A client of someone else, with one attempt a call."""
        made, transport = _other_client(key, service)
        transport.application = self.emulator.application
        return made

    def now(self) -> float:
        return self._clock.monotonic()

    def entries(self) -> list[Entry]:
        """The journal so far."""
        last = self._entries[-1].n if self._entries else 0
        self._entries += self.emulator.journal.since(last)
        return self._entries

    def number(self) -> int:
        """Of the newest entry."""
        return self.entries()[-1].n

    def number_at(self, time: float) -> int:
        """Of the newest entry before a reading of the clock."""
        moment = self._clock.now() - timedelta(seconds=self.now() - time)
        entries = self.entries()
        return max(1, entries[bisect_left(entries, moment, key=lambda entry: entry.time) - 1].n)

    def push(self, service: str, tag: str, behaviour: str) -> str:
        """Push an image; returns its digest."""
        return self.emulator.images.push(platform.repository(service), tag, Conduct.parse(behaviour)).digest

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what is due meanwhile happens at its moment."""
        end = self.now() + seconds
        if end > self.watched.until:
            raise AssertionError("the release does not end")
        while True:
            due = min((each for each in self.moments if each.due is not None), key=_due, default=None)
            if due is None or _due(due) > end:
                break
            self._advance_to(_due(due))
            self._happen(due)
        self._advance_to(end)

    def _advance_to(self, end: float) -> None:
        if end > self.now():
            self.emulator.advance(end - self.now())

    def around(self, operation: str, *, after: bool) -> None:
        """A call of the tool is about to be made, or was just answered: what was waiting for that happens now."""
        for moment in [each for each in self.moments if (each.operation, each.after) == (operation, after)]:
            if moment.skip:
                moment.skip -= 1
            else:
                self._happen(moment)

    def _happen(self, moment: Moment) -> None:
        self.moments.remove(moment)
        moment.act()

    def snapshot(self) -> Any:
        return self.emulator.snapshot()

    def restore(self, former: Any) -> None:
        """Back to a snapshot; nothing is waiting to happen."""
        self.emulator.restore(former)
        self._entries, self.moments, self.watched = [], [], Watched()

    def settle(self, seconds: float = 300.0) -> None:
        """Let time pass until the journal has been still for a while."""
        end = self.now() + seconds
        still = 0.0
        while still < 6.0 and self.now() < end:
            before = self.number()
            self.emulator.advance(2.0)
            still = still + 2.0 if self.number() == before else 0.0

    def finish(self, seconds: float = 400.0) -> None:
        """Let time pass until ECS works on no deployment any more, or for so many seconds."""
        end = self.now() + seconds
        story = Story()
        story.tell(self.entries())
        while self.now() < end and any(service.exists and service.under_way for service in story.services.values()):
            self.emulator.advance(5.0)
            story.tell(self.entries())


def _due(moment: Moment) -> float:
    assert moment.due is not None
    return moment.due


class _Wire:
    """Carries the tool's requests to the emulator."""

    def __init__(self) -> None:
        self.world: World
        self._transport = Transport()

    def __call__(self, request: Any, event_name: str, **_: Any) -> Any:
        world, operation = self.world, event_name.rsplit(".", 1)[-1]
        self._transport.application = world.emulator.application
        world.around(operation, after=False)
        n, time, answered, refused = world.number(), world.now(), False, False
        try:
            answer = self._transport(request)
            answer.content  # noqa: B018 - reads the body before it is searched
            answered = answer.status_code < 500 and not any(word in answer.content for word in _NO_ANSWER)
            refused = answered and answer.status_code >= 400
        except ReadTimeoutError:
            world.pass_time(READ_SECONDS)
            raise
        except ConnectionClosedError:
            raise
        finally:
            world.watched.calls.append(Call(operation, n, time, answered, refused))
            world.around(operation, after=True)
        return answer


@functools.cache
def _other_client(key: str, service: str) -> tuple[Any, Transport]:
    session = _session(key)
    config = Config(retries={"total_max_attempts": 1})
    made, transport = session.client(service, endpoint_url=ENDPOINT, config=config), Transport()
    made.meta.events.register("before-send", transport)
    return made, transport


@functools.cache
def _session(key: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=key, aws_secret_access_key="secret", region_name=REGION)


def _tool_clients(world: World) -> appdeploy.aws.clients.Clients:
    clients, wires = _made_once()
    for wire in wires:
        wire.world = world
    return clients


@functools.cache
def _made_once() -> tuple[appdeploy.aws.clients.Clients, tuple[_Wire, ...]]:
    """The product's own clients. The SDK's adaptive mode would wait by the machine's clock: its standard one tries again
    as often."""
    with pytest.MonkeyPatch.context() as patch:
        patient = appdeploy.aws.clients._READING.merge(Config(retries={"mode": "standard", "total_max_attempts": 4}))
        patch.setattr(appdeploy.aws.clients, "_READING", patient)
        patch.setenv("AWS_ACCESS_KEY_ID", TOOL)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
        clients = appdeploy.aws.clients.connect(REGION)
        every = list(every_client(clients))
    wires = []
    for made in every:
        wires.append(_Wire())
        made.meta.events.register("before-send", wires[-1])
    return clients, tuple(wires)


W = TypeVar("W", bound="World")


@contextmanager
def open_world(make: Callable[[], W]) -> Iterator[W]:
    """A world, and no other clock or thread beside it for as long as it is open. It leaves nothing behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadPoolExecutor, "submit", _at_once)
        patch.setattr(botocore.retries.quota.RetryQuota, "acquire", lambda *_: True)
        world = make()
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=world.pass_time))
        for module in ("appdeploy.lock.takeover", "appdeploy.rollback.locate_services"):
            patch.setattr(f"{module}.with_timeout", functools.partial(_within, world))
        # A heart beats on the machine's clock; the lock is renewed before each write in any case.
        patch.setattr("appdeploy.lock.lease.HEARTBEAT_SECONDS", 3600.0)
        patch.setattr("appdeploy.lock.takeover.HEARTBEAT_SECONDS", 3600.0)
        try:
            yield world
        finally:
            world.emulator.close()
            forget()


def _at_once(_pool: ThreadPoolExecutor, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
    """Work of a pool, done in the order in which it is handed over: one of the orders in which threads may do it."""
    done: Future[Any] = Future()
    try:
        done.set_result(function(*arguments, **named))
    except Exception as error:
        done.set_exception(error)
    return done


def _within(world: World, seconds: float, function: Callable[[], Any]) -> Any:
    begun = world.now()
    result = function()
    if world.now() - begun > seconds:
        raise TimeoutError
    return result
