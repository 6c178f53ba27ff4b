"""`python -m tests.evidence.prove [SUBJECT...] [--seed N] [--scale F]`: exit 0 when every claim holds, else 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.evidence.prove.runner import run_all
from tests.evidence.prove.subjects import SUBJECTS
from tests.support.evidence import DIRECTORY, Run

_SEED = 20251125


def _scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("must be above 0 and at most 1")
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.evidence.prove", description=__doc__)
    parser.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help=", ".join(each.name for each in SUBJECTS) + " (default: all)"
    )
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--scale", type=_scale, default=1.0, help="share of the full volume")
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where the evidence is written")
    found = parser.parse_args()
    unknown = set(found.subjects) - {each.name for each in SUBJECTS}
    if unknown:
        parser.error(f"unknown subject: {', '.join(sorted(unknown))}")
    return found


def main() -> int:
    asked = _arguments()
    chosen = [each for each in SUBJECTS if not asked.subjects or each.name in asked.subjects]
    return 0 if run_all([Run(each, asked.seed, asked.scale, asked.directory.resolve()) for each in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
