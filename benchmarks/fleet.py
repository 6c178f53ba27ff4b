"""A release of many services under the token buckets of the ECS API: `python -m benchmarks fleet`.

Each size has an emulator of its own, because the buckets are those of an account, with unscaled durations.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import ecs_time
from benchmarks.estate import Estate, Ground
from benchmarks.process import Ran, run
from benchmarks.report import circumstances, table, verdict, write
from tests.support.emulator_process import EmulatorProcess

SIZES = (10, 25, 50)
MEMORY_AIM = 150
"""Megabytes."""
BUCKETS = {
    # Action names as a glob: capacity, and tokens a second
    # (docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html).
    "*egisterTaskDefinition": (20, 1),
    "DescribeTaskDefinition": (50, 20),
    "*teService": (50, 5),
    "*Services": (100, 20),
    "*ServiceDeployments": (50, 20),
    "*ServiceRevisions": (50, 20),
    "*Tasks": (100, 20),
}
"""The families of which a release calls any; all calls of a family share its bucket."""
THROTTLED_AIM = 10
"""Calls of the largest fleet."""
_APPDEPLOY = f"{Path(sys.executable).parent}/appdeploy"
_THROTTLED = "ThrottlingException"
_LINEAR = 1.1
"""By how much a service of the largest fleet may take more calls than one of the smallest; throttled ones are counted too."""


@dataclass(frozen=True)
class Fleet:
    """One release of so many services."""

    size: int
    ran: Ran
    own_seconds: float
    """ECS's own."""
    calls: Counter[str]
    """By service and action; those that were throttled too."""
    throttled: Counter[str]


def measure() -> str:
    """Release to a fleet of each size, all side by side; returns the evidence, which is written too."""
    with ThreadPoolExecutor(len(SIZES)) as pool:
        fleets = list(pool.map(_release, SIZES))
    return write("fleet", _report(fleets))


def count(calls: Iterable[Mapping[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """All calls of the emulator's record by service and action, and those of them that were throttled."""
    made: Counter[str] = Counter()
    throttled: Counter[str] = Counter()
    for call in calls:
        name = f"{call['service']} {call['action']}"
        made[name] += 1
        throttled[name] += call["error"] == _THROTTLED
    return made, +throttled


def _release(size: int) -> Fleet:
    with EmulatorProcess("--profile", "aws") as emulator:
        ground = Ground(emulator)
        estate = Estate(ground, "fleet", size)
        estate.wait()
        estate.push("v2", "healthy")
        for action, (burst, rate) in BUCKETS.items():
            fault = {"kind": "throttle", "service": "ecs", "action": action, "burst": burst, "rate": rate}
            assert emulator.control("POST", "faults", fault)[0] == 200
        emulator.control("DELETE", "calls")
        before = len(ground.journal())
        ran = run([_APPDEPLOY, "deploy", "-e", "fleet", "--version", "v2", "--until", "complete"], ground.shell, longest=900)
        made, throttled = count(emulator.control("GET", "calls?since=0")[1]["calls"])
        own = ecs_time.under_way(ecs_time.to_completion(ground.journal()[before:], estate.arns))
        return Fleet(size, ran, own, made, throttled)


def _report(fleets: Sequence[Fleet]) -> Iterator[str]:
    yield from ("# One release of many services, under the token buckets of the ECS API", "")
    yield from (f"All sizes side by side, each on an emulator of its own: {circumstances('python -m benchmarks fleet')}", "")
    yield from (_HOW_TO_READ, "")
    yield from table(
        ("services", "exit code", "seconds", "ECS's own", "peak MB", "processor", "calls", "calls a service", "throttled"),
        (_cells(fleet) for fleet in fleets),
    )
    yield from ("## Calls, of them throttled", "")
    names = sorted({name for fleet in fleets for name in fleet.calls})
    rows = ((name, *(_counted(fleet, name) for fleet in fleets)) for name in names)
    yield from table(("operation", *(f"{fleet.size} services" for fleet in fleets)), rows)
    yield from ("## Aims", "", *_verdicts(fleets), "")


_HOW_TO_READ = (
    "`appdeploy deploy --until complete` of all services at once, two tasks each, durations unscaled. The buckets are those of"
    " [Request throttling for the Amazon ECS API]"
    "(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html): of the families that a release calls,"
    " RegisterTaskDefinition has the narrowest, 20 calls at once and then one a second, so 50 services cannot begin before 30 s"
    " are over. *ECS's own* is the time in which at least one deployment was under way."
)


def _cells(fleet: Fleet) -> tuple[str, ...]:
    ran, calls = fleet.ran, fleet.calls.total()
    measured = (f"{ran.seconds:.0f}", f"{fleet.own_seconds:.0f}", f"{ran.peak_megabytes:.0f}", f"{ran.processor_seconds:.1f}")
    return (
        str(fleet.size),
        str(ran.exit_code),
        *measured,
        str(calls),
        f"{calls / fleet.size:.1f}",
        str(fleet.throttled.total()),
    )


def _counted(fleet: Fleet, name: str) -> str:
    throttled = fleet.throttled[name]
    return f"{fleet.calls[name]}, {throttled}" if throttled else str(fleet.calls[name])


def _verdicts(fleets: Sequence[Fleet]) -> Iterator[str]:
    codes = [fleet.ran.exit_code for fleet in fleets]
    yield verdict("Each release ends with 0", held=not any(codes), seen=f"exit codes {', '.join(map(str, codes))}")
    peak = max(fleet.ran.peak_megabytes for fleet in fleets)
    yield verdict(f"Under {MEMORY_AIM} MB at its peak", held=peak < MEMORY_AIM, seen=f"{peak:.0f} MB")
    throttled = fleets[-1].throttled.total()
    yield verdict(
        f"{fleets[-1].size} services with at most {THROTTLED_AIM} throttled calls",
        held=throttled <= THROTTLED_AIM,
        seen=str(throttled),
    )
    each = [fleet.calls.total() / fleet.size for fleet in fleets]
    words = ", ".join(f"{calls:.1f}" for calls in each)
    yield verdict("Calls grow no faster than services", held=each[-1] <= each[0] * _LINEAR, seen=f"{words} a service")
