"""What happens in an episode, drawn from a seed: a platform, and one release after the other with all that disturbs them.

Everything drawn is a value, so that an episode can be printed, played again and made smaller.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

from tests.simulation.faults.platform import COUNTS
from tests.simulation.faults.simulation import TOOL
from tests.simulation.verb import Verb


class Deed(Enum):
    """What someone else does to a service."""

    RIVAL = "a rival deploys another task definition"
    RIVAL_RESTART = "a rival forces a new deployment"
    COUNT_TO_ZERO = "a person sets the count to 0"
    COUNT_UP = "a person adds a task"
    COUNT_DOWN = "a person takes a task away"
    STOP_TASK = "a person stops a task"
    DEREGISTER = "a person deregisters the newest task definition"
    DELETE = "a person deletes the service"
    STOP_DEPLOYMENT = "a person stops the deployment"
    ALARM = "a deployment alarm goes off"
    ALARM_OVER = "the alarm is over"
    NEWER_TEMPLATE = "the infrastructure names a newer template"


@dataclass(frozen=True)
class When:
    """A moment: so many seconds after the beginning, or around a call of the tool."""

    seconds: float | None = None
    operation: str = ""
    skip: int = 0
    after: bool = False


class Happening(NamedTuple):
    """A deed at its moment."""

    deed: Deed
    service: str
    when: When


@dataclass(frozen=True)
class Release:
    """One command, and what disturbs it."""

    verb: Verb
    services: tuple[str, ...]
    behaviours: Mapping[str, str]
    """Of the image, by service; one that is missing is not pushed."""
    sync: bool
    until_complete: bool
    patient: bool
    timeout: float
    faults: tuple[Mapping[str, Any], ...]
    happenings: tuple[Happening, ...]
    pause: float
    """Seconds before it; None of them to let everything settle."""
    settles: bool
    atomic: bool
    """Whether all go back when one fails."""


@dataclass(frozen=True)
class Setting:
    """How a service is configured."""

    count: int
    rolls_back: bool
    alarms: bool
    bake_minutes: int
    percentages: tuple[int, int]
    """minimumHealthyPercent and maximumPercent."""
    order: int
    before: bool
    """Whether a task runs before its rollout."""


@dataclass(frozen=True)
class Episode:
    """A platform and its releases."""

    released: bool
    """Whether its services have been released before."""
    settings: Mapping[str, Setting]
    releases: tuple[Release, ...]


_WRITES = ("RegisterTaskDefinition", "UpdateService", "StopServiceDeployment")
_READS = ("DescribeServices", "DescribeServiceDeployments", "ListServiceDeployments", "ListTasks", "DescribeTasks")
_CALLS = (*_WRITES, *_WRITES, *_READS, "DescribeTaskDefinition", "DescribeServiceRevisions", "DescribeTargetHealth")


def draw_episode(seed: str, longest: int = 3) -> Episode:
    """The episode of a seed, with at most so many releases."""
    dice, apart = random.Random(seed), random.Random(f"{seed}/together")
    released = dice.random() < 0.75
    settings = {name: _setting(dice, apart) for name in COUNTS}
    releases = tuple(_release(dice, first=not released and not number) for number in range(dice.randint(1, longest)))
    return Episode(released, settings, tuple(_together(apart, release, settings) for release in releases))


def _together(dice: random.Random, release: Release, settings: Mapping[str, Setting]) -> Release:
    """The same release with what matters to its services together."""
    return replace(
        release,
        atomic=dice.random() < 0.6,
        behaviours={
            name: f"task-fails:{dice.randint(1, 9)}" if settings[name].before and dice.random() < 0.3 else behaviour
            for name, behaviour in release.behaviours.items()
        },
    )


def _setting(dice: random.Random, apart: random.Random) -> Setting:
    return Setting(
        count=dice.choice((1, 1, 2, 2, 3, 4)),
        rolls_back=dice.random() < 0.85,
        alarms=dice.random() < 0.3,
        bake_minutes=dice.choice((0, 0, 0, 1, 2)),
        percentages=dice.choice(((100, 200), (100, 200), (50, 200), (0, 100))),
        order=apart.choice((0, 0, 1)),
        before=apart.random() < 0.2,
    )


def _release(dice: random.Random, *, first: bool) -> Release:
    verbs = (
        (Verb.DEPLOY,) if first else (*[Verb.DEPLOY] * 6, Verb.RESTART, Verb.RESTART, Verb.ROLLBACK, Verb.ROLLBACK, Verb.SYNC)
    )
    verb = dice.choice(verbs)
    services = tuple(sorted(dice.sample(sorted(COUNTS), dice.choice((1, 1, 2, 3)))))
    return Release(
        verb=verb,
        services=services,
        behaviours={} if dice.random() < 0.03 else {name: _behaviour(dice) for name in services},
        sync=dice.random() < 0.2,
        until_complete=dice.random() < 0.5,
        patient=dice.random() < 0.3,
        timeout=float(dice.choice((6, 12, 20, 600, 600, 600, 600, 600))),
        faults=tuple(_fault(dice) for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 3)))),
        happenings=tuple(_happening(dice, services) for _ in range(dice.choice((0, 0, 0, 1, 1, 2)))),
        pause=round(dice.uniform(0, 8), 1),
        settles=dice.random() < 0.75,
        atomic=False,
    )


def _behaviour(dice: random.Random) -> str:
    kind = dice.choice(("healthy", "healthy", "healthy", "healthy", "crash", "late", "no-image", "unhealthy", "slow"))
    match kind:
        case "late":
            return f"crash:{dice.uniform(1.5, 12):.1f}"
        case "slow":
            return f"slow:{dice.uniform(1, 15):.1f}"
        case _:
            return kind


def _fault(dice: random.Random) -> dict[str, Any]:
    action = dice.choice((*_CALLS, *_CALLS, "Describe*", "*"))
    common: dict[str, Any] = {"service": "*", "action": action, "access_key": TOOL, "seed": dice.randrange(1000)}
    if dice.random() < 0.2:
        common["skip"] = dice.randrange(1, 12)
    kinds: Sequence[Callable[[random.Random], dict[str, Any]]] = (
        _broken,
        _broken,
        _throttled,
        _slow,
        _stale,
        _silent,
        _expired,
    )
    return common | dice.choice(kinds)(dice)


def _broken(dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(("error", "reset", "timeout"))
    extra = {"status": dice.choice((500, 503))} if kind == "error" else {}
    return {"kind": kind, "moment": dice.choice(("before", "after")), "count": dice.choice((1, 1, 2, 3)), **extra}


def _throttled(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.3:
        return {"kind": "throttle", "rate": dice.choice((0.5, 1.0, 2.0)), "burst": dice.choice((3, 10, 20))}
    return {"kind": "throttle", "count": dice.randint(1, 6), "probability": dice.choice((0.5, 1.0))}


def _slow(dice: random.Random) -> dict[str, Any]:
    return {"kind": "slow", "moment": dice.choice(("before", "after")), "seconds": dice.choice((1, 3, 6)), "count": 3}


def _stale(dice: random.Random) -> dict[str, Any]:
    # Longer than that the tool's settling reads do not wait, and no one says how long it may be.
    return {"kind": "stale", "service": "ecs", "seconds": dice.choice((0.5, 1.0, 1.2)), "action": "*"}


def _silent(dice: random.Random) -> dict[str, Any]:
    """Out of reach for good, or for so long that it may count as that."""
    return {"kind": "error", "service": "ecs", "action": "*", "skip": dice.randrange(40), "count": dice.choice((5, 15, 500))}


def _expired(dice: random.Random) -> dict[str, Any]:
    return {"kind": "expired", "service": "*", "action": "*", "seconds": dice.choice((0, 3, 8)), "skip": 0}


_DEEDS = (
    *[Deed.RIVAL] * 4,
    *[Deed.COUNT_TO_ZERO] * 2,
    *[Deed.STOP_TASK] * 3,
    *[Deed.ALARM] * 3,
    Deed.RIVAL_RESTART,
    Deed.COUNT_UP,
    Deed.COUNT_DOWN,
    Deed.DEREGISTER,
    Deed.DELETE,
    Deed.STOP_DEPLOYMENT,
    Deed.ALARM_OVER,
    Deed.NEWER_TEMPLATE,
)


def _happening(dice: random.Random, services: Sequence[str]) -> Happening:
    if dice.random() < 0.3:
        when = When(operation=dice.choice(_CALLS), skip=dice.choice((0, 0, 1, 2, 5)), after=dice.random() < 0.5)
    else:
        when = When(seconds=round(dice.uniform(0, 25), 1))
    return Happening(dice.choice(_DEEDS), dice.choice(services), when)
