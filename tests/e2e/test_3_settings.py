"""What a changed setting shows in a preview: a sample of the table that `make prove` goes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.changes import ANOTHER_SERVICE, CHANGES, IRREPLACEABLE, changed, previewed, wrongly_shown
from tests.e2e.commands import Sandbox

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("kind", ["memory", "bounds of autoscaling"])
def test_a_changed_setting_shows_what_it_touches_and_nothing_else(staging: Sandbox, stack_file: Path, kind: str) -> None:
    assert wrongly_shown(kind, previewed(staging, changed(stack_file, CHANGES[kind][0]))) == ()


def test_another_service_is_created_beside_the_others(staging: Sandbox, stack_file: Path) -> None:
    steps = previewed(staging, changed(stack_file, CHANGES[ANOTHER_SERVICE][0]))
    assert wrongly_shown(ANOTHER_SERVICE, steps) == ()
    assert ("create", "ecs/service reports") in steps


def test_a_replaced_database_would_be_named() -> None:
    steps = CHANGES["memory"][1] | {("replace", f"{IRREPLACEABLE[0]} database")}
    assert wrongly_shown("memory", steps) == ("replace rds/instance database",)
