"""The real command and a real SIGKILL: `appdeploy` as a process against an emulator that is one too, in real time.

A fault lets the command's k-th call hang, before or after its effect; while it hangs the process is killed. What resumes
the release waits for the dead holder's whole lease, so several platforms are tried side by side, each in an emulator of
its own, and each one release after the other.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from tests.simulation.faults import platform
from tests.simulation.faults.by_process import journal
from tests.simulation.faults.simulation import TOOL
from tests.simulation.kill.scenarios import EVERYTHING, FORMER, Scenario
from tests.simulation.kill.verdict import Witness, before, wrongs
from tests.simulation.verb import Verb
from tests.support.emulator_process import EmulatorProcess, environment
from tests.support.forked import Forked, start
from tests.support.inprocess import REGION

SIDE_BY_SIDE = 3
CALLS = 45
"""About as many as a good release of one service makes."""
_NOTHING_TO_RESUME = 10
_LONGEST = 120.0
"""Seconds for one command."""


@dataclass
class Found:
    """What came of it."""

    killed: list[str] = field(default_factory=list)
    """Which command, at which call."""
    over: int = 0
    """How many commands ended before the call at which they were to be killed."""
    nothing: int = 0
    """How many times there was nothing to resume."""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kill:
    """One command and the call at which it is killed."""

    scenario: Scenario
    call: int
    moment: str
    """`before` or `after` its effect."""

    def __str__(self) -> str:
        services = len(self.scenario.services)
        return f"{self.scenario.verb.value} of {services}, {self.moment} call {self.call}"


def run(seed: int, seconds: float, platforms: int = SIDE_BY_SIDE, most: int | None = None) -> Found:
    """Kill commands for so many seconds once the platforms are there, or `most` on each; those under way are finished."""
    found = Found()

    def play(number: int) -> None:
        dice = random.Random(f"{seed}/{number}")
        with EmulatorProcess() as emulator:
            site, until = Site(emulator), time.monotonic() + seconds
            for count, kill in enumerate(_kills(dice)):
                if time.monotonic() > until or count == most:
                    return
                site.play(kill, f"r{count}", found)

    with ThreadPoolExecutor(platforms) as pool:
        for done in [pool.submit(play, number) for number in range(platforms)]:
            done.result()
    return found


def _kills(dice: random.Random) -> Iterator[Kill]:
    last = Verb.ROLLBACK
    while True:
        # There is not always a way further back than a rollback.
        last = dice.choice([Verb.DEPLOY, Verb.SYNC, *([] if last is Verb.ROLLBACK else [Verb.ROLLBACK])])
        services = dice.choice((EVERYTHING.services[:1], EVERYTHING.services))
        yield Kill(Scenario("", services, last), dice.randint(1, CALLS), dice.choice(("before", "after")))


class Site:
    """One platform that ran two versions, and the commands that a person gives there."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self._emulator = emulator
        self._role = platform.create(emulator.client)
        self._witness = Witness(partial(journal, emulator), emulator.client("dynamodb"))
        for version in FORMER:
            self._set_up(EVERYTHING, version)
            assert self._command(EVERYTHING, version).wait(_LONGEST) == 0, f"the platform could not be made: {version}"
        self._settle()

    def play(self, kill: Kill, version: str, found: Found) -> None:
        """Begin a release, kill it, resume it, judge."""
        scenario = replace(kill.scenario, version=version)
        self._set_up(scenario, version)
        then = before(self._witness)
        hangs = {"kind": "timeout", "access_key": TOOL, "skip": kill.call - 1, "count": 1, "moment": kill.moment}
        self._emulator.control("POST", "faults", hangs)
        if self._killed(self._command(scenario, version)):
            found.killed.append(str(kill))
        else:
            found.over += 1
        self._emulator.control("DELETE", "faults")
        status = _start(self._emulator, "resume", "--until", "complete").wait(_LONGEST)
        found.nothing += status == _NOTHING_TO_RESUME
        self._settle()
        wrong = wrongs(self._witness, scenario, then)
        if status not in (0, _NOTHING_TO_RESUME):
            wrong.append(f"resume ended with {status}")
        if wrong:
            found.wrong.append(f"{kill}: {'; '.join(wrong)}")

    def _set_up(self, scenario: Scenario, version: str) -> None:
        for service in scenario.services:
            match scenario.verb:
                case Verb.DEPLOY:
                    pushed = {"repository": platform.repository(service), "tag": version, "behaviour": "healthy"}
                    self._emulator.control("POST", "images", pushed)
                case Verb.SYNC:
                    platform.renew_template(self._emulator.client, self._role, service)
                case Verb.RESTART | Verb.ROLLBACK:
                    continue

    def _command(self, scenario: Scenario, version: str) -> Forked:
        options = ["--version", version] if scenario.verb is Verb.DEPLOY else []
        services = [option for service in scenario.services for option in ("-s", service)]
        return _start(self._emulator, scenario.verb.value, *options, *services, "--until", "complete")

    def _killed(self, process: Forked) -> bool:
        """Kill it as soon as its call hangs. False when it ends before."""
        while process.poll() is None:
            (fault,) = self._emulator.control("GET", "faults")[1]["faults"]
            if fault["hits"]:
                process.kill()
                process.wait()
                return True
            time.sleep(0.05)
        return False

    def _settle(self) -> None:
        """Wait until the journal has been still for a while."""
        last, since = -1, time.monotonic()
        while time.monotonic() - since < 3.0:
            number = journal(self._emulator)[-1].n
            if number != last:
                last, since = number, time.monotonic()
            time.sleep(0.5)


def _start(emulator: EmulatorProcess, verb: str, *options: str) -> Forked:
    ours: dict[str, Any] = {"AWS_ACCESS_KEY_ID": TOOL, "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION}
    settings = {**environment(), **ours, "AWS_ENDPOINT_URL": emulator.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
    return start(["appdeploy", verb, "-e", platform.ENVIRONMENT, *options], settings)
