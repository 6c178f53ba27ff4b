"""Many processes that ask for an environment's lock at the same moment."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.emulator.journal import Kind
from tests.support.emulator_process import EmulatorProcess
from tests.support.handover import ENVIRONMENT
from tests.support.live_platform import Site

LIVE, LOCKED = 0, 11
_ROOT = Path(__file__).parents[2]
_WAVE = 4
"""How many start at a time: they wait at the barrier anyway, and others may need the machine."""
_START_SECONDS = 120
"""For a wave to come to the barrier: Python, its modules, and all that a release reads first."""
_END_SECONDS = 120
_HEARTBEATS = 8.0
_EACH = 0.7
"""Seconds for which the winner holds the lock: longer than the others, so many on a small machine, need to see its heart
beat. One that came after its end would rightly win too."""


@dataclass(frozen=True)
class Ended:
    """How one process came out."""

    exit_code: int
    out: str
    err: str

    @property
    def release(self) -> str:
        """The id of its release: empty if it reported none."""
        found = re.search(r"^(upgrade-[\w-]+):", self.out, re.MULTILINE)
        return found[1] if found else ""


@dataclass(frozen=True)
class Contest:
    ended: tuple[Ended, ...]
    deployments: int
    """How many deployments ECS has begun since the barrier, by the event journal."""
    registrations: int
    seconds: float
    """From the barrier to the last process's end."""

    def failures(self) -> list[str]:
        """What is not as it has to be: one winner, and losers that name it."""
        winners = [each for each in self.ended if each.exit_code == LIVE]
        if len(winners) != 1:
            return [f"{len(winners)} winners; exit codes {sorted(each.exit_code for each in self.ended)}"]
        losers = [each for each in self.ended if each.exit_code != LIVE]
        found = [f"a loser ended with {each.exit_code}: {each.err.strip()}" for each in losers if each.exit_code != LOCKED]
        found += [
            f"a loser does not name the winner: {each.err.strip()}" for each in losers if winners[0].release not in each.err
        ]
        if (self.deployments, self.registrations) != (1, 1):
            found.append(f"{self.registrations} revisions registered and {self.deployments} deployments begun")
        return found


def hold(count: int) -> Contest:
    """Let so many `appdeploy deploy` ask for the lock at once, on an emulator of their own."""
    with EmulatorProcess() as emulator:
        site = Site(emulator)
        site.hand_over()
        site.push("v2", f"slow:{_HEARTBEATS + _EACH * count:.1f}")
        before = _journal(emulator)
        with _at_the_barrier(site, count) as (processes, open_the_barrier):
            open_the_barrier()
            start = time.monotonic()
            ended = tuple(_end_of(process) for process in processes)
            seconds = time.monotonic() - start
        after = _journal(emulator)[len(before) :]
    return Contest(ended, after.count(Kind.DEPLOYMENT_CREATED), after.count(Kind.DEFINITION_REGISTERED), seconds)


@contextmanager
def _at_the_barrier(site: Site, count: int) -> Iterator[tuple[Sequence[subprocess.Popen[str]], Callable[[], None]]]:
    ready, says_ready = os.pipe()
    waits, go = os.pipe()
    command = [sys.executable, "-m", "tests.support.contender", str(says_ready), str(waits)]
    asked = ["deploy", "-e", ENVIRONMENT, "--version", "v2"]
    processes: list[subprocess.Popen[str]] = []
    try:
        while len(processes) < count:
            wave = min(_WAVE, count - len(processes))
            started = [_start(site, [*command, *asked], (says_ready, waits)) for _ in range(wave)]
            processes += started
            _await(ready, started)
        yield processes, lambda: os.close(go)
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()
        for descriptor in (ready, says_ready, waits):
            os.close(descriptor)


def _start(site: Site, command: Sequence[str], descriptors: Sequence[int]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=_ROOT, env=site.environment(), pass_fds=descriptors, stdout=pipe, stderr=pipe, text=True
    )


def _await(ready: int, processes: Sequence[subprocess.Popen[str]]) -> None:
    end, there = time.monotonic() + _START_SECONDS, 0
    while there < len(processes):
        assert time.monotonic() < end, f"{there} of {len(processes)} came to the barrier"
        gone = [process for process in processes if process.poll() is not None]
        assert not gone, f"one ended before the barrier: {gone[0].communicate()}"
        if select.select([ready], [], [], 0.5)[0]:
            there += len(os.read(ready, len(processes)))


def _end_of(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=_END_SECONDS)
    return Ended(process.returncode, out, err)


def _journal(emulator: EmulatorProcess) -> list[str]:
    return [str(entry["kind"]) for entry in emulator.control("GET", "journal")[1]["entries"]]
