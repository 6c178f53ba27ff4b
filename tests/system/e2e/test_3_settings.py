"""What a changed setting shows in a preview: a sample of the table that `make prove` goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engine_commands import Sandbox
from tests.system.e2e.changes import CHANGES, IRREPLACEABLE, changed, previewed, wrongly_shown

pytestmark = pytest.mark.engine


def test_a_changed_setting_shows_what_it_touches_and_nothing_else(staging: Sandbox, stack_file: Path) -> None:
    """The one whose change reaches furthest."""
    assert wrongly_shown("memory", previewed(staging, changed(stack_file, CHANGES["memory"][0]))) == ()


def test_a_replaced_database_would_be_named() -> None:
    steps = CHANGES["memory"][1] | {("replace", f"{IRREPLACEABLE[0]} database")}
    assert wrongly_shown("memory", steps) == ("replace rds/instance database",)
