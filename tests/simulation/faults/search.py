"""Tries many releases and looks for one of which something untrue was said."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from appdeploy.reconcile.list import list_releases
from tests.simulation.faults import platform
from tests.simulation.faults.draw import Episode, Release, Setting, draw_episode
from tests.simulation.faults.perform import perform
from tests.simulation.faults.reported import Reported
from tests.simulation.faults.settled import ledger_lies
from tests.simulation.faults.simulation import INFRA, World, open_world
from tests.simulation.faults.truth import lies
from tests.simulation.verb import Verb

_ENTRIES = 100


@dataclass(frozen=True)
class Mismatch:
    """A release of which something untrue was said, and how to see it again."""

    seed: int
    episode: int
    release: int
    """Its place in the episode, from 0."""
    lies: tuple[str, ...]
    option: str = ""

    @property
    def command(self) -> str:
        if self.option:  # What a process did hangs on those before it.
            return f"python -m tests.simulation.faults --seed {self.seed} --releases {self.episode + 1} {self.option}"
        return f"python -m tests.simulation.faults --seed {self.seed} --episode {self.episode}"

    def __str__(self) -> str:
        return f"{'; '.join(self.lies)} ({self.command}, release {self.release})"


@dataclass
class Summary:
    """What came of it."""

    seed: int
    releases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Releases a second."""
        return self.releases / self.seconds if self.seconds else 0.0


class Stage:
    """A world with the two platforms that episodes begin with."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._new = world.snapshot()
        for tag in ("v1", "v2"):
            perform(world, _plain(tag), tag)
        world.settle()
        self._released = world.snapshot()

    def play(self, episode: Episode, seed: str) -> Iterator[tuple[Reported, list[str]]]:
        """Play an episode: each of its releases with what is untrue about it."""
        world = self.begin(episode, seed)
        reported: list[Reported] = []
        for number, release in enumerate(episode.releases):
            reported.append(perform(world, release, f"r{number}"))
            untrue = lies(reported[-1], world.entries())
            if number == len(episode.releases) - 1:
                untrue += self._in_the_ledger(reported)
            yield reported[-1], untrue

    def begin(self, episode: Episode, seed: str) -> World:
        """The world as an episode begins with it."""
        world = self._world
        world.restore(self._released if episode.released else self._new)
        random.seed(seed)
        for service, setting in episode.settings.items():
            _configure(world, service, setting, released=episode.released)
        return world

    def _in_the_ledger(self, reported: Sequence[Reported]) -> list[str]:
        """What the ledger says that is not true, when ECS had its time and someone has read it."""
        self._world.finish()
        readings = list_releases(self._world.clients, platform.ENVIRONMENT, _ENTRIES, None, only_open=False)
        return list(ledger_lies(reported, [reading.entry for reading in readings], self._world.entries()))


@contextmanager
def open_stage() -> Iterator[Stage]:
    with open_world(World) as world:
        yield Stage(world)


def run(seed: int, releases: int) -> Summary:
    """Try so many random releases in a world of their own."""
    with open_stage() as stage:
        return search(stage, seed, releases)


def search(stage: Stage, seed: int, releases: int, until: Callable[[Summary], bool] = lambda _: False) -> Summary:
    """Try so many random releases, or fewer when `until` says that they are enough."""
    summary, begun, number = Summary(seed), time.monotonic(), 0
    while summary.releases < releases and not until(summary):
        _try(stage, summary, number)
        number += 1
    summary.seconds = time.monotonic() - begun
    return summary


def _try(stage: Stage, summary: Summary, number: int) -> None:
    seed = seed_of(summary.seed, number)
    for place, (reported, untrue) in enumerate(stage.play(draw_episode(seed), seed)):
        summary.releases += 1
        summary.outcomes.update([said.outcome for said in reported.said] or [reported.end.name.lower()])
        if untrue:
            summary.mismatches.append(Mismatch(summary.seed, number, place, tuple(untrue)))
            return


def seed_of(seed: int, episode: int) -> str:
    """What the dice of an episode begin with."""
    return f"{seed}/{episode}"


def smaller(stage: Stage, episode: Episode, seed: str) -> Episode:
    """The same lie with as little as possible around it: releases, faults and happenings that do not matter go."""
    wanted = _first_lie(stage, episode, seed)
    while wanted:
        found = next((each for each in _reductions(episode) if _first_lie(stage, each, seed) == wanted), None)
        if found is None:
            break
        episode = found
    return episode


def _first_lie(stage: Stage, episode: Episode, seed: str) -> str:
    return next((untrue[0] for _, untrue in stage.play(episode, seed) if untrue), "")


def _reductions(episode: Episode) -> Iterator[Episode]:
    releases = episode.releases
    for place in range(len(releases)):
        yield replace(episode, releases=_without(releases, place))
    for place, release in enumerate(releases):
        for less in _less(release):
            yield replace(episode, releases=(*releases[:place], less, *releases[place + 1 :]))


def _less(release: Release) -> Iterator[Release]:
    for place in range(len(release.faults)):
        yield replace(release, faults=_without(release.faults, place))
    for place in range(len(release.happenings)):
        yield replace(release, happenings=_without(release.happenings, place))
    if len(release.services) > 1:
        for place in range(len(release.services)):
            yield replace(release, services=_without(release.services, place))


def _without(items: Sequence[Any], place: int) -> tuple[Any, ...]:
    return (*items[:place], *items[place + 1 :])


def _plain(tag: str) -> Release:
    """A good release of all services."""
    return Release(
        verb=Verb.DEPLOY,
        services=tuple(sorted(platform.COUNTS)),
        behaviours=dict.fromkeys(platform.COUNTS, "healthy"),
        sync=False,
        until_complete=True,
        patient=False,
        timeout=600.0,
        faults=(),
        happenings=(),
        pause=0.0,
        settles=True,
        atomic=False,
    )


def _configure(world: World, service: str, setting: Setting, *, released: bool) -> None:
    fewest, most = setting.percentages
    sent = {
        "minimumHealthyPercent": fewest,
        "maximumPercent": most,
        "deploymentCircuitBreaker": {"enable": True, "rollback": setting.rolls_back},
        "alarms": {"alarmNames": [platform.ALARM], "enable": setting.alarms, "rollback": True},
        "bakeTimeInMinutes": setting.bake_minutes,
    }
    before = {"command": ["migrate"], "timeout_seconds": 60} if setting.before else None
    platform.tell(partial(world.client, INFRA), service, wave=setting.order, pre_deploy=before)
    count = {"desiredCount": setting.count} if released else {}
    partial(world.client, INFRA)("ecs").update_service(
        cluster=platform.CLUSTER, service=platform.service_name(service), deploymentConfiguration=sent, **count
    )
