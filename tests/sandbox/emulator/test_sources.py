"""Every scenario of the scheduler names who says that ECS behaves so."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.support.scheduler_scenarios import MODULES, scenario_modules, sources
from tests.support.sources import Source

PUBLISHED = ("https://docs.aws.amazon.com/", "https://aws.amazon.com/", "https://repost.aws/", "https://github.com/")


@pytest.mark.parametrize("module", scenario_modules(), ids=MODULES)
def test_every_scenario_has_a_source(module: ModuleType) -> None:
    without = [name for name, found in sources(module) if len(found) != 1 or not isinstance(found[0], Source)]

    assert without == []


def test_sources_are_published_by_aws_or_in_public_repositories() -> None:
    assert [source for source in Source if not source.startswith(PUBLISHED)] == []
