"""docs/cli.md is the help pages."""

from __future__ import annotations

from appdeploy.cli.reference import COMMAND, PATH, reference_text


def test_the_reference_is_current():
    assert PATH.read_text() == reference_text(), f"run {COMMAND}"
