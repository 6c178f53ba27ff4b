"""Subject "no-lie": what releases say against the event journal: in process on a stepped clock, and by the real command."""

from __future__ import annotations

import math
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.evidence.prove.report import Report, Table
from tests.simulation.faults import by_process, search
from tests.simulation.faults.mutants import MUTANTS, hunt, is_found
from tests.simulation.faults.search import Summary, open_stage

_AT_ONCE = 2
_RELEASES = 10_000
_SEEDS = 3
_APART = 100_000
"""Between two seeds: more than a search has parts."""
_PART = 250
"""Releases of one search, each with a seed of its own: the searches are spread over the processes."""
_BY_COMMAND = 50


@dataclass(frozen=True)
class Hunted:
    """A planted bug, and what came of the search for it."""

    name: str
    releases: int
    lie: str
    """The mismatch that gave it away; empty when there was none."""


def prove(seed: int, scale: float) -> Report:
    """Search without a planted bug and with each, and meanwhile try the real command."""
    seeds = [seed + _APART * number for number in range(_SEEDS)]
    parts = math.ceil(_RELEASES * scale / _PART / _SEEDS)
    part = math.ceil(_RELEASES * scale / parts / _SEEDS)
    # A process for each: the emulator's state is its process's own, and a second platform would meet the first one's.
    with ProcessPoolExecutor(_AT_ONCE, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        searches = [pool.submit(search.run, first + number, part) for first in seeds for number in range(parts)]
        hunts = [pool.submit(_hunt, name) for name in MUTANTS]
        real = by_process.run(seed, math.ceil(_BY_COMMAND * scale))
        found = [each.result() for each in searches]
        hunted = [each.result() for each in hunts]
    untrue = [str(mismatch) for each in (*found, real) for mismatch in each.mismatches]
    missed = [f"the planted bug '{each.name}' was not found within {each.releases} releases" for each in hunted if not each.lie]
    return Report(
        figures=(("seeds", ", ".join(map(str, seeds))), *_figures(found, real, hunted)),
        tables=(_outcomes(found, real), _bugs(hunted)),
        failures=tuple(untrue + missed),
        notes=(_NOTE,),
    )


def _hunt(name: str) -> Hunted:
    with open_stage() as stage:
        found = hunt(stage, MUTANTS[name])
    lie = str(found.mismatches[-1]) if is_found(MUTANTS[name], found) else ""
    return Hunted(name, found.releases, lie)


def _figures(found: Sequence[Summary], real: Summary, hunted: Sequence[Hunted]) -> tuple[tuple[str, str], ...]:
    releases = sum(each.releases for each in found)
    seconds = sum(each.seconds for each in found) / _AT_ONCE
    return (
        ("releases in process, on a stepped clock", str(releases)),
        ("of these a second, two processes side by side", f"{releases / seconds:.1f}"),
        ("mismatches among them", str(sum(len(each.mismatches) for each in found))),
        ("releases by the real command, in real time", str(real.releases)),
        ("mismatches among them", str(len(real.mismatches))),
        ("planted bugs found", f"{sum(bool(each.lie) for each in hunted)} of {len(hunted)}"),
    )


def _outcomes(found: Sequence[Summary], real: Summary) -> Table:
    inside = sum((each.outcomes for each in found), Counter[str]())
    names = [name for name, _ in (inside + real.outcomes).most_common()]
    rows = tuple((name, str(inside[name]), str(real.outcomes[name])) for name in names)
    return Table(("what was reported of a service, or how the command ended", "in process", "by the real command"), rows)


def _bugs(hunted: Sequence[Hunted]) -> Table:
    return Table(("planted bug", "releases until it was found", "by"), tuple((b.name, str(b.releases), b.lie) for b in hunted))


_NOTE = (
    "Truth is folded from the emulator's event journal alone (journal_replay.py in tests/simulation/faults); "
    "what may be said of it is truth.py there, and what the ledger may say once ECS has finished settled.py. A release of "
    "several services is reported with an outcome for each. The real command is tried in real time beside the searches."
)
