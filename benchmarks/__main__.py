"""Measurements: `python -m benchmarks [SUBJECT...]`. Each writes a file of docs/evidence and prints it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

from benchmarks import fleet, releases, rollback

SUBJECTS: Mapping[str, Callable[[argparse.Namespace], str]] = {
    "rollback": lambda asked: rollback.measure(asked.rounds),
    "fleet": lambda _: fleet.measure(),
    "releases": lambda asked: releases.measure(asked.rounds, asked.seed),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"{', '.join(SUBJECTS)}; all when none is named")
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="N", help="how often rollback and releases measure each thing (5)"
    )
    parser.add_argument("--seed", type=int, default=20251125, help="of the order in which the series of releases start")
    arguments = parser.parse_args()
    unknown = set(arguments.subjects) - set(SUBJECTS)
    if unknown or arguments.rounds < 1:
        parser.error(f"there is no subject {min(unknown)}" if unknown else "there has to be a round")
    for name in arguments.subjects or SUBJECTS:
        sys.stdout.write(SUBJECTS[name](arguments))


if __name__ == "__main__":
    main()
