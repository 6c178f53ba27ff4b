"""The world of tests/simulation/faults, in which a command can be looked at at each of its calls, and in which its heart beats.

What SIGKILL leaves behind is what the world was at that moment, without the command. So nothing is killed in process: a
snapshot is taken before and after each call, and what follows begins from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest

from tests.simulation.faults.simulation import ToolClock, World, open_world

HEARTBEAT_SECONDS = 5.0
READING = ("Describe", "List", "Get", "BatchGet", "Query")

AtCall = Callable[[str, bool], None]
"""Hears of each call of the tool: the operation, and whether it was just answered rather than is about to be made."""


class MortalWorld(World):
    """Use within `open_mortal_world`."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = _BeatingClock(self)
        self.hearts: list[Heart] = []
        self.at_call: AtCall | None = None
        self.changes = 0
        """How many calls may have changed AWS so far."""

    def around(self, operation: str, *, after: bool) -> None:
        super().around(operation, after=after)
        self.changes += after and not operation.startswith(READING)
        if self.at_call:
            self.at_call(operation, after)

    @contextmanager
    def looking(self, at_call: AtCall) -> Iterator[None]:
        """Let someone hear of each call."""
        self.at_call = at_call
        try:
            yield
        finally:
            self.at_call = None
            self.hearts.clear()


class Heart:
    """The thread that renews the lock, beating on the stepped clock while the tool waits."""

    def __init__(self, world: MortalWorld, *, target: Callable[[], None], name: str, daemon: bool) -> None:
        self._world = world
        self.beat = target
        self.due = 0.0

    def start(self) -> None:
        self.due = self._world.now() + HEARTBEAT_SECONDS
        self._world.hearts.append(self)

    def join(self, _timeout: float | None = None) -> None:
        if self in self._world.hearts:
            self._world.hearts.remove(self)


class _OneBeat(threading.Event):
    """Makes the thread's loop end after one turn: once the time is not up, then it is."""

    def __init__(self) -> None:
        super().__init__()
        self._waited = False

    def wait(self, timeout: float | None = None) -> bool:
        ended, self._waited = self.is_set() or self._waited, not self._waited
        return ended


class _BeatingClock(ToolClock):
    def __init__(self, world: MortalWorld) -> None:
        super().__init__(world)
        self._mortal = world

    cancelled = False

    def sleep(self, seconds: float) -> None:
        end = self.now() + seconds
        while due := [heart for heart in self._mortal.hearts if heart.due <= end]:
            first = min(due, key=lambda heart: heart.due)
            super().sleep(max(0.0, first.due - self.now()))
            first.due += HEARTBEAT_SECONDS
            first.beat()
        super().sleep(max(0.0, end - self.now()))


@contextmanager
def open_mortal_world() -> Iterator[MortalWorld]:
    """A world, and no other clock or thread beside it for as long as it is open."""
    with open_world(MortalWorld) as world, pytest.MonkeyPatch.context() as patch:
        threads = SimpleNamespace(Thread=partial(Heart, world), Event=_OneBeat, Lock=threading.Lock)
        for module in ("lease", "takeover"):
            patch.setattr(f"appdeploy.lock.{module}.threading", threads)
        yield world
