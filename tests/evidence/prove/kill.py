"""Subject "kill": every command of the matrix cut off at every call, and real processes killed by SIGKILL."""

from __future__ import annotations

from collections.abc import Iterator

from tests.evidence.prove.report import Report, Table
from tests.simulation.kill import by_process
from tests.simulation.kill.matrix import Found, Matrix, open_matrix, some
from tests.simulation.kill.mutants import MUTANTS
from tests.simulation.kill.scenarios import SCENARIOS

_PROCESS_SECONDS = 220.0
"""After which no further release is begun; to make the platforms and to finish takes about two minutes more."""


def prove(seed: int, scale: float) -> Report:
    """The matrix in process, the planted bugs, then real processes."""
    with open_matrix() as matrix:
        rows = [matrix.run(scenario, seed, some(f"{seed}/{scenario.name}", scale)) for scenario in SCENARIOS]
        caught = dict(_mutants(matrix, seed))
    real = by_process.run(seed, _PROCESS_SECONDS * scale)
    wrong = [wrong for row in rows for wrong in row.wrong] + [f"SIGKILL: {wrong}" for wrong in real.wrong]
    missed = [f"the planted bug '{name}' was not found" for name, found in caught.items() if not found]
    return Report(
        figures=_figures(rows, real, caught),
        tables=(_table(rows), Table(("killed by SIGKILL at",), tuple((kill,) for kill in real.killed))),
        failures=tuple(wrong + missed),
        notes=(_NOTE,),
    )


def _mutants(matrix: Matrix, seed: int) -> Iterator[tuple[str, str]]:
    by_name = {scenario.name: scenario for scenario in SCENARIOS}
    for name, mutant in MUTANTS.items():
        with mutant.planted():
            found = matrix.run(by_name[mutant.scenario], seed, mutant.shows_at)
        yield name, next((wrong for wrong in found.wrong if mutant.sign in wrong), "")


def _figures(rows: list[Found], real: by_process.Found, caught: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return (
        ("points before or after a call, in process", str(sum(row.points for row in rows))),
        ("different worlds among them, each resumed", str(sum(row.states for row in rows))),
        ("of these, the resuming cut off and resumed too", str(sum(row.again for row in rows))),
        ("wrong ends", str(sum(len(row.wrong) for row in rows) + len(real.wrong))),
        ("planted bugs found", f"{sum(map(bool, caught.values()))} of {len(caught)}"),
        ("processes killed by SIGKILL and resumed", str(len(real.killed))),
        ("processes that had ended before", str(real.over)),
    )


def _table(rows: list[Found]) -> Table:
    head = ("command", "points", "worlds", "resumed twice", "nothing to resume", "wrong")
    counts = ((row.points, row.states, row.again, row.nothing, len(row.wrong)) for row in rows)
    return Table(head, tuple((row.scenario, *map(str, each)) for row, each in zip(rows, counts, strict=True)))


_NOTE = (
    "A point is a moment before or after one call of the command. Points between which nothing was changed and no time "
    "passed share their world and are resumed once. Right ends: every service of the release runs the wanted task "
    "definition, completed by ECS, and the entry says live; or the former one serves and the entry says so, or there is no "
    "entry. Each time the entry is settled, the lock is free, no family has two revisions of one release, nothing is "
    "deregistered, and one deployment was started a service. In a part of the worlds someone lists the releases first, "
    "which settles what is open."
)
