"""One subject in a process of its own: `python -m tests.evidence.prove.subject NAME SEED SCALE DIRECTORY`."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

from tests.evidence.prove.report import Report
from tests.evidence.prove.subjects import SUBJECTS
from tests.support.evidence import Run, write


def prove(run: Run) -> bool:
    """Run a subject and write its evidence; returns whether the claim holds. An exception is a failure."""
    start = time.monotonic()
    try:
        report = run.subject.prove(run.seed, run.scale)
    except Exception as error:
        traceback.print_exc()
        report = Report(figures=(), failures=(f"ended by {type(error).__name__}: {error}",))
    write(run, report, time.monotonic() - start)
    return not report.failures


if __name__ == "__main__":
    name, seed, scale, directory = sys.argv[1:]
    subject = next(each for each in SUBJECTS if each.name == name)
    sys.exit(0 if prove(Run(subject, int(seed), float(scale), Path(directory))) else 1)
