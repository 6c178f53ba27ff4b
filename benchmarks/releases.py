"""How long releases take against ECS's own time, and against other tools: `python -m benchmarks releases`.

Nothing is scaled: the emulator's profile `aws` has the durations that AWS documents (sandbox/emulator/timings.py). Every
series has clusters of its own in one emulator, and all of them run side by side: they mostly sleep.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from benchmarks import ecs_time, startup
from benchmarks.estate import Estate, Ground
from benchmarks.process import CUT_OFF, Ran, run
from benchmarks.report import Spread, circumstances, table, verdict, write
from benchmarks.ways import LIVE, OURS, PEERS, Way
from tests.support.emulator_process import EmulatorProcess

ONE_AIM = 1.01
"""Of ECS's own time, for one service."""
BEYOND_AIM = 1.5
"""Seconds beyond it."""
SEVERAL_AIM = 1.02
"""Of the time for one service, for three."""
ONE_OF_AIM = 1.1
"""Of the time of one service that crashes, for three of which one does: the others do not wait for its end."""
_SEVERAL = 3
_GOOD, _CRASHING, _ONE_CRASHING = "good", "crashing", "good and one crashing"
_LANES = 3
"""How many environments share the rounds of a series."""
_APART = 1.5
"""Seconds between the starts of two lanes: starting processes would be in each other's way on a small machine."""


class Series(NamedTuple):
    """What is measured: one way, so many services, one kind of image."""

    way: Way
    count: int
    image: str


@dataclass(frozen=True)
class Release:
    """One release as it was run."""

    way: Way
    estate: Estate
    ran: tuple[Ran, ...]
    begun: datetime
    ended: datetime
    """When ECS had nothing more to do."""

    def sample(self, journal: Sequence[ecs_time.Entry]) -> Sample:
        """What the journal says of it too."""
        ended = ecs_time.to_health if self.way.until_live else ecs_time.to_completion
        works = [work for work in ended(journal, self.estate.arns) if self.begun <= work.begun <= self.ended]
        assert len(works) == len(self.estate.services), f"{self.estate.environment}: {len(works)} deployments; {self.ran}"
        return Sample(
            seconds=sum(each.seconds for each in self.ran),
            own_seconds=ecs_time.under_way(works),
            processor_seconds=sum(each.processor_seconds for each in self.ran),
            exit_codes=tuple(each.exit_code for each in self.ran),
        )


class Sample(NamedTuple):
    """One release of a series, measured."""

    seconds: float
    own_seconds: float
    """ECS's own."""
    processor_seconds: float
    exit_codes: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """All releases of a series."""

    series: Series
    samples: tuple[Sample, ...]

    @property
    def seconds(self) -> Spread:
        """Of the wall."""
        return Spread.of(sample.seconds for sample in self.samples)

    @property
    def ratio(self) -> Spread:
        """Wall time by ECS's own time."""
        return Spread.of(sample.seconds / sample.own_seconds for sample in self.samples)

    @property
    def beyond(self) -> Spread:
        """Seconds beyond ECS's own time."""
        return Spread.of(sample.seconds - sample.own_seconds for sample in self.samples)

    @property
    def processor(self) -> Spread:
        """Seconds of processor time."""
        return Spread.of(sample.processor_seconds for sample in self.samples)

    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        own = Spread.of(sample.own_seconds for sample in self.samples).median
        codes = sorted({_words(sample.exit_codes) for sample in self.samples})
        times = (f"{own:.1f}", f"{1 / self.ratio.median:.1%}", f"{self.beyond.median:.1f}", f"{self.processor.median:.2f}")
        return (self.series.way.name, *self.seconds.cells(1), *times, ", ".join(codes))


SERIES = (
    *(
        Series(way, count, image)
        for image, ways in ((_GOOD, (OURS, *PEERS, LIVE)), (_CRASHING, (OURS, *PEERS)))
        for count in (1, _SEVERAL)
        for way in ways
    ),
    Series(OURS, _SEVERAL, _ONE_CRASHING),
)


def measure(rounds: int, seed: int) -> str:
    """Measure every series; returns the evidence, which is written too. `seed` decides in which order the lanes start."""
    begun = time.monotonic()
    floor = startup.measure()
    with EmulatorProcess("--profile", "aws") as emulator:
        rows = list(_rows(Ground(emulator), rounds, seed))
    return write("releases-time", _report(rows, floor, rounds, seed, time.monotonic() - begun))


def _rows(ground: Ground, rounds: int, seed: int) -> Iterator[Row]:
    lanes = [(series, lane) for series in SERIES for lane in range(min(_LANES, rounds))]
    estates = {
        (series, lane): Estate(ground, f"m{number}", series.count) for number, (series, lane) in enumerate(lanes, start=1)
    }
    for estate in estates.values():
        estate.wait()
    order = list(lanes)
    random.Random(seed).shuffle(order)
    with ThreadPoolExecutor(len(lanes)) as pool:
        releases = {
            lane: pool.submit(_lane, lane[0], estates[lane], place * _APART, range(lane[1], rounds, _LANES))
            for place, lane in enumerate(order)
        }
    journal = ground.journal()
    for series in SERIES:
        found = (release for lane in lanes if lane[0] == series for release in releases[lane].result())
        yield Row(series, tuple(release.sample(journal) for release in found))


def _lane(series: Series, estate: Estate, pause: float, rounds: Iterable[int]) -> list[Release]:
    time.sleep(pause)
    return [_release(series, estate, f"r{number}") for number in rounds]


def _release(series: Series, estate: Estate, version: str) -> Release:
    crashing = {_GOOD: [], _CRASHING: estate.families, _ONE_CRASHING: estate.families[:1]}[series.image]
    for family in estate.families:
        estate.push(version, "crash" if family in crashing else "healthy", [family])
    commands = series.way.commands(estate, version)
    begun = datetime.now(UTC)
    ran = tuple(run(command, estate.ground.shell) for command in commands)
    estate.wait()
    return Release(series.way, estate, ran, begun, datetime.now(UTC))


def _report(rows: Sequence[Row], floor: startup.Floor, rounds: int, seed: int, took: float) -> Iterator[str]:
    command = f"python -m benchmarks releases --rounds {rounds} --seed {seed}"
    yield from ("# Releases against ECS's own time, and against other tools", "")
    yield from (
        f"Seconds, {rounds} rounds, all in one run on one emulator that took {took / 60:.0f} min: {circumstances(command)}",
        "",
    )
    yield from (_HOW_TO_READ, "")
    for image, count in ((_GOOD, 1), (_GOOD, _SEVERAL), (_CRASHING, 1), (_CRASHING, _SEVERAL), (_ONE_CRASHING, _SEVERAL)):
        yield from (f"## {count} service{'s' * (count > 1)}, {image} image{'s' * (image == _ONE_CRASHING)}", "")
        found = [row for row in rows if (row.series.image, row.series.count) == (image, count)]
        yield from table(_HEAD, (row.cells() for row in found))
    yield from ("## Three services by one", "")
    yield from table(("way", _GOOD, _CRASHING), _threefold(rows))
    yield from startup.lines(floor)
    yield from ("## Aims", "", *_verdicts(rows, floor), "")


_HEAD = ("way", "least", "median", "most", "ECS's own", "its share", "beyond it", "processor", "exit codes")
_HOW_TO_READ = (
    "Two tasks a service, a health check every 5 s, 60 s to drain, the circuit breaker with its rollback, no bake."
    " *ECS's own* is the time in which at least one deployment was under way, from UpdateService taken to SUCCESSFUL"
    " or rolled back (with `--until live`: to the last new task's health), by the emulator's event journal; *beyond"
    " it* is what the tool adds; *processor* is its own processor time. Of several services ecs-deploy and the AWS CLI"
    " release one after the other, as scripts have them do. The AWS CLI's revision is registered before its time"
    " begins. A command that takes longer than 10 min is cut off (-9). Exit code 0 after a crashing image means that"
    " the tool took ECS's rollback for a success."
)


def _words(codes: Sequence[int]) -> str:
    """The worst of a script's exit codes."""
    return str(min(codes) if CUT_OFF in codes else max(codes))


def _find(rows: Iterable[Row], way: Way, count: int, image: str = _GOOD) -> Row:
    return next(row for row in rows if row.series == Series(way, count, image))


def _threefold(rows: Sequence[Row]) -> Iterator[tuple[str, str, str]]:
    for way in (OURS, *PEERS):
        good, crashing = (f"{_factor(rows, way, image):.2f}" for image in (_GOOD, _CRASHING))
        yield way.name, good, crashing


def _factor(rows: Sequence[Row], way: Way, image: str = _GOOD) -> float:
    return _find(rows, way, _SEVERAL, image).seconds.median / _find(rows, way, 1, image).seconds.median


def _verdicts(rows: Sequence[Row], floor: startup.Floor) -> Iterator[str]:
    ours, ecs_deploy, factor = _find(rows, OURS, 1), _find(rows, PEERS[0], 1), _factor(rows, OURS)
    ratio, beyond, processor = ours.ratio.median, ours.beyond.median, ours.processor.median
    one_of = _find(rows, OURS, _SEVERAL, _ONE_CRASHING).seconds.median / _find(rows, OURS, 1, _CRASHING).seconds.median
    theirs = ecs_deploy.processor.median
    yield verdict(f"One service within {ONE_AIM} x ECS's own time", held=ratio <= ONE_AIM, seen=f"median {ratio:.3f}")
    yield verdict(f"One service at most {BEYOND_AIM} s beyond it", held=beyond <= BEYOND_AIM, seen=f"median {beyond:.2f} s")
    yield verdict(f"Three services within {SEVERAL_AIM} x one", held=factor <= SEVERAL_AIM, seen=f"{factor:.3f}")
    yield verdict(
        f"Three services of which one crashes within {ONE_OF_AIM} x one that does",
        held=one_of <= ONE_OF_AIM,
        seen=f"{one_of:.2f}",
    )
    yield verdict(
        f"No more processor time than {ecs_deploy.series.way.name}",
        held=processor <= theirs,
        seen=f"{processor:.2f} and {theirs:.2f} s",
    )
    yield startup.verdict_of(floor)
