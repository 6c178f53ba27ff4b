"""Subject "json": random releases' streams against the published schema, and a search for a marked secret in all outputs."""

from __future__ import annotations

import math
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.evidence.prove.report import Report, Table
from tests.simulation.events.random_release import Tried, open_trial

_AT_ONCE = 2
_RELEASES = 200


def prove(seed: int, scale: float) -> Report:
    """Half of the releases in each of two processes: the emulator's state is its process's own."""
    part = math.ceil(_RELEASES * scale / _AT_ONCE)
    with ProcessPoolExecutor(_AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        tried = list(pool.map(_try, [seed + number for number in range(_AT_ONCE)], [part] * _AT_ONCE))
    return Report(
        figures=_figures(tried),
        tables=(
            _table(("event", "lines"), [each.lines for each in tried]),
            _table(("how the command ended", "releases"), [each.ends for each in tried]),
            _table(("where the mark was looked for", "letters"), [each.searched for each in tried]),
        ),
        failures=tuple(wrong for each in tried for wrong in each.wrong),
        notes=(_NOTE,),
    )


def _try(seed: int, releases: int) -> Tried:
    with open_trial() as trial:
        return trial.run(seed, releases)


def _figures(tried: Sequence[Tried]) -> tuple[tuple[str, str], ...]:
    wrong = [wrong for each in tried for wrong in each.wrong]
    leaked = sum("a secret stands" in each for each in wrong)
    return (
        ("random releases", str(sum(each.releases for each in tried))),
        ("lines of JSON", str(sum(each.lines.total() for each in tried))),
        ("lines or streams that are not as published", str(len(wrong) - leaked)),
        ("notices sent", str(sum(each.notices for each in tried))),
        ("places where the secret stood", str(leaked)),
    )


def _table(head: tuple[str, str], counted: Sequence[Counter[str]]) -> Table:
    return Table(head, tuple((name, str(count)) for name, count in sum(counted, Counter[str]()).most_common()))


_NOTE = (
    "The releases are those of the subject no-lie (tests/simulation/faults/draw.py): faults of AWS, rivals, alarms, "
    "crashing images. "
    "The mark stands in the value of a Secrets Manager secret, in a SecureString parameter, and in a plain variable named "
    "like a secret, which is another one in each revision. That a broken line, a stream that breaks off, and a secret that "
    "is reported would be found is tests/simulation/events's to show."
)
