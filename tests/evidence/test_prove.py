"""The frame of `make prove`: what it writes, and that nothing that went wrong looks like proof."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.evidence.prove import runner
from tests.evidence.prove.report import Report, Subject, Table
from tests.evidence.prove.subject import prove
from tests.evidence.prove.subjects import SUBJECTS
from tests.support.evidence import Run


def run(directory: Path, report: Report | Exception) -> Run:
    def proved(seed: int, scale: float) -> Report:
        if isinstance(report, Exception):
            raise report
        return report

    return Run(Subject("made-up", "A claim.", 1, proved), seed=7, scale=0.5, directory=directory)


def test_evidence_says_what_was_seen_and_how_to_run_it_again(tmp_path: Path) -> None:
    table = Table(("case", "found"), (("a|b", "yes"),))
    made = run(tmp_path, Report(figures=(("releases", "20"),), tables=(table,)))

    assert prove(made)

    written = (tmp_path / "made-up.md").read_text()
    assert written.startswith("# made-up: holds\n\nA claim.\n")
    assert "| releases | 20 |" in written
    assert "| a\\|b | yes |" in written
    assert "`python -m tests.evidence.prove made-up --seed 7 --scale 0.5`" in written


@pytest.mark.parametrize("report", [Report(figures=(), failures=("one mismatch",)), ValueError("one mismatch")])
def test_a_failure_or_an_exception_is_never_evidence(tmp_path: Path, report: Report | Exception) -> None:
    assert not prove(run(tmp_path, report))

    written = (tmp_path / "made-up.md").read_text()
    assert written.startswith("# made-up: FAILED\n")
    assert "one mismatch" in written


def test_a_subject_that_ends_badly_fails_the_run_and_the_others_still_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def proved(each: Run) -> bool:
        asked.append(each.seed)
        return each.seed != 1

    monkeypatch.setattr(runner, "_prove", proved)
    subject = Subject("made-up", "A claim.", 1, lambda seed, scale: Report(figures=()))

    assert not runner.run_all([Run(subject, seed, 1.0, tmp_path) for seed in (1, 2)])
    assert asked == [1, 2]


def test_a_subject_that_takes_too_long_is_ended_and_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    subject = Subject("made-up", "A claim.", 0.002, lambda seed, scale: Report(figures=()))

    assert not runner.run_all([Run(subject, 1, 1.0, tmp_path)])
    assert "no result within 0.002 minutes" in (tmp_path / "made-up.md").read_text()


def test_every_subject_has_a_name_of_its_own() -> None:
    names = [each.name for each in SUBJECTS]

    assert len(names) == len(set(names))
