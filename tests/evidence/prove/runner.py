"""Runs subjects one after the other, each in a process of its own that is ended when its time is up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from tests.evidence.prove.report import Report
from tests.support.evidence import ROOT, Run, write


def run_all(runs: Sequence[Run]) -> bool:
    """Run every subject, also after one that failed; returns whether all claims hold."""
    return all([_run(run) for run in runs])


def _run(run: Run) -> bool:
    print(f"{run.subject.name}: at most {run.subject.minutes:g} min", flush=True)
    holds = _prove(run)
    print(f"{run.subject.name}: {'holds' if holds else 'FAILED'}, see {os.path.relpath(run.path)}", flush=True)
    return holds


def _prove(run: Run) -> bool:
    arguments = [run.subject.name, str(run.seed), str(run.scale), str(run.directory)]
    # A session of its own: what the subject started ends with it.
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.evidence.prove.subject", *arguments], cwd=ROOT, start_new_session=True
    )
    seconds = run.subject.minutes * 60
    try:
        return process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        write(run, Report(figures=(), failures=(f"no result within {run.subject.minutes:g} minutes",)), seconds)
        return False
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()
