"""Settings at random that a stack file may have: each can be built, and what is built holds to every rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.evidence.prove import settings_hold
from tests.infra.random_settings import Settings, faults, stacks


@pytest.mark.parametrize("unknown", [False, True], ids=["known", "first-preview"])
@seed(1)
@settings(max_examples=2, deadline=timedelta(minutes=2), database=None, suppress_health_check=list(HealthCheck))
@given(drawn=stacks())
def test_valid_settings_can_be_built_and_hold_to_every_rule(drawn: tuple[str, Settings], unknown: bool) -> None:
    stack, platform = drawn
    assert faults(stack, platform, unknown=unknown) == []


def test_what_holds_of_none_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_hold, "faults", lambda stack, platform, unknown: ["a fault"])
    report = settings_hold.prove(3, 0.01)
    assert any("a fault" in failure for failure in report.failures)
