"""Every scenario of the scheduler names who says that ECS behaves so."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.sandbox.emulator import test_alarms, test_failures, test_lost_tasks, test_passing_failures, test_rolling
from tests.support.sources import Source

SCENARIOS = (test_rolling, test_failures, test_alarms, test_lost_tasks, test_passing_failures)
PUBLISHED = ("https://docs.aws.amazon.com/", "https://aws.amazon.com/", "https://repost.aws/", "https://github.com/")


def sources(module: ModuleType) -> Iterator[tuple[str, list[object]]]:
    """Each scenario of a module with the sources of its marks and of its module's."""
    whole = getattr(module, "pytestmark", None)
    for name, scenario in vars(module).items():
        if name.startswith("test_"):
            marks = [*getattr(scenario, "pytestmark", []), *([whole] if whole else [])]
            yield name, [argument for mark in marks if mark.name == "source" for argument in mark.args]


@pytest.mark.parametrize("module", SCENARIOS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_scenario_has_a_source(module: ModuleType) -> None:
    without = [name for name, found in sources(module) if len(found) != 1 or not isinstance(found[0], Source)]

    assert without == []


def test_sources_are_published_by_aws_or_in_public_repositories() -> None:
    assert [source for source in Source if not source.startswith(PUBLISHED)] == []
