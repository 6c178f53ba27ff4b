"""The emulator as one object: its parts put together, a step, a ticker, an end."""

from __future__ import annotations

import logging
import math
import os
import threading
import uuid
from collections.abc import Callable

from sandbox.emulator import moto_setup, snapshot
from sandbox.emulator.application import Application
from sandbox.emulator.arrivals import Arrivals
from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import AwsCall
from sandbox.emulator.calls import CallRecord
from sandbox.emulator.clock import Clock, ManualClock, SystemClock
from sandbox.emulator.cloudwatch.meter import Meter
from sandbox.emulator.cloudwatch.series import Metrics
from sandbox.emulator.cloudwatch.watch import Watch
from sandbox.emulator.control import Control, Identity, StepControl
from sandbox.emulator.ecs.scheduler import Scheduler
from sandbox.emulator.ecs.stale import StaleReads
from sandbox.emulator.elb.dataplane import DataPlane, QuietDataPlane
from sandbox.emulator.elb.loop import LoopDataPlane
from sandbox.emulator.elb.ports import ListenerPorts
from sandbox.emulator.elb.targets import TargetTable
from sandbox.emulator.faults import Faults
from sandbox.emulator.iam.enforcement import Enforcement
from sandbox.emulator.journal import Journal
from sandbox.emulator.snapshot import Snapshot
from sandbox.emulator.timings import Timings, profile_of
from sandbox.emulator.tracking import Tracking
from sandbox.emulator.world import World

_log = logging.getLogger(__name__)
_ROUNDING = 1e-9
"""0.3 s are three ticks of 0.1 s, whatever floating point says."""


class Emulator:
    """AWS in this process. `application` answers requests; `step` moves tasks and services on."""

    def __init__(self, world: World, shut_down: Callable[[], None], *, enforce_iam: bool = False) -> None:
        profile, now = profile_of(world.timings), world.clock.now()
        self.identity = Identity(boot=str(uuid.uuid4()), pid=os.getpid(), started_at=now, profile=profile)
        self.calls = CallRecord()
        self.faults = Faults(world.clock)
        self.images = world.images
        self.journal = world.journal
        self.scheduler = Scheduler(world)
        self.enforcement = Enforcement() if enforce_iam else None
        self.watch = Watch(world.clock, world.metrics, world.targets, self.scheduler)
        self.tracking = Tracking(world.metrics, self.scheduler)
        self.arrivals = Arrivals(world.clock, world.timings)
        self._world = world
        self._advancing = threading.Lock()
        ports = ListenerPorts(world.dataplane)
        stale_reads = StaleReads(self.faults, world.clock)
        self._parts = (
            *(world.clock, world.targets, world.dataplane, world.images, world.journal),
            *(self.scheduler, self.scheduler.lifecycle, self.calls, self.faults, stale_reads, ports),
            *(world.metrics, self.watch, self.tracking, self.arrivals),
        )
        time = StepControl(world.clock, self.advance)
        control = Control(
            self.identity,
            self.calls,
            self.faults,
            world.journal,
            world.images,
            self.scheduler,
            ports,
            time,
            self.enforcement,
            shut_down,
        )
        aws = moto_setup.application(self.scheduler, ports, world.targets, stale_reads, self.watch, self.arrivals)
        refusal = self.enforcement.refusal if self.enforcement else _nobody_is_refused
        self.application = Application(aws, control, refusal, self.calls, self.faults, world.clock)

    def step(self) -> None:
        """Do everything that is due at the clock's present time."""
        self.scheduler.step()
        self.arrivals.step()
        self.watch.step()
        self.tracking.step()

    def advance(self, seconds: float) -> None:
        """Let that much time of a ManualClock pass, with a step at each tick and at the end."""
        clock, tick = self._world.clock, self._world.timings.tick
        assert isinstance(clock, ManualClock)
        with self._advancing:
            ticks = max(1, math.ceil(seconds / tick - _ROUNDING))
            for _ in range(ticks):
                clock.advance(seconds / ticks)
                self.step()

    def snapshot(self) -> Snapshot:
        """The whole world as it is; for an emulator that opens no socket and that nothing else is stepping."""
        return snapshot.take(self._parts)

    def restore(self, former: Snapshot) -> None:
        """Bring back what `snapshot` of this emulator returned: AWS, tasks, journal, record of calls, faults, the time."""
        snapshot.restore(former)

    def close(self) -> None:
        """Close every port of the data plane."""
        self._world.dataplane.close()


def live(
    shut_down: Callable[[], None], timings: Timings | None = None, clock: Clock | None = None, *, enforce_iam: bool = False
) -> Emulator:
    """An emulator with real sockets: on the machine's own time, which needs a Ticker, or on a ManualClock."""
    return Emulator(_world(clock or SystemClock(), timings, LoopDataPlane), shut_down, enforce_iam=enforce_iam)


def stepped(clock: Clock, timings: Timings | None = None, *, enforce_iam: bool = False) -> Emulator:
    """An emulator that moves when `step` is called, at the given clock's time, and opens no socket."""
    world = _world(clock, timings, lambda targets, meter: QuietDataPlane())
    return Emulator(world, lambda: None, enforce_iam=enforce_iam)


def _nobody_is_refused(_: AwsCall) -> AwsError | None:
    return None


def _world(clock: Clock, timings: Timings | None, dataplane: Callable[[TargetTable, Meter], DataPlane]) -> World:
    journal, timings = Journal(clock), timings or Timings()
    targets, metrics = TargetTable(journal), Metrics(clock, timings.minute)
    return World(
        clock=clock,
        timings=timings,
        journal=journal,
        targets=targets,
        dataplane=dataplane(targets, Meter(metrics)),
        metrics=metrics,
    )


class Ticker:
    """Steps an emulator from a thread of its own."""

    def __init__(self, emulator: Emulator, interval: float) -> None:
        """`interval` is the pause between two steps, in seconds."""
        self._emulator = emulator
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Wait for the step under way and make no further one."""
        self._ended.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self._emulator.step()
            except Exception:
                _log.exception("a step of the scheduler failed")
