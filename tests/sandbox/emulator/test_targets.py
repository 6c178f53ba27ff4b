"""Target groups: who gets a request, when a target is healthy, when draining is over."""

from __future__ import annotations

import pytest
from moto.elbv2.models import elbv2_backends

from sandbox.emulator.clock import ManualClock
from sandbox.emulator.elb.dataplane import ProbeFailure, ProbeResult
from sandbox.emulator.elb.health import HealthChecks
from sandbox.emulator.elb.targets import HEALTHY, Target, TargetState, TargetTable, Verdict
from sandbox.emulator.journal import Journal
from sandbox.emulator.timings import Timings
from tests.support.emulator_scenario import Scenario

GROUP = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/g/0"
SICK = Verdict(TargetState.UNHEALTHY)


def target(ip: str = "10.0.0.1", verdict: Verdict = HEALTHY, group: str = GROUP) -> Target:
    return Target(group, ip, 80, 1, "eu-central-1a", 0.0, verdict)


def table(*targets: Target) -> TargetTable:
    made = TargetTable(Journal(ManualClock()))
    for each in targets:
        made.register(each)
    return made


def test_healthy_targets_take_turns() -> None:
    one, two = target("10.0.0.1"), target("10.0.0.2")
    targets = table(one, two, target("10.0.0.3", SICK))

    chosen = [targets.acquire(GROUP) for _ in range(4)]

    assert chosen.count(one) == chosen.count(two) == 2


def test_without_a_healthy_target_the_unhealthy_ones_are_asked() -> None:
    sick = target(verdict=SICK)

    assert table(sick).acquire(GROUP) is sick


def test_a_target_that_still_registers_gets_nothing() -> None:
    new = target(verdict=Verdict(TargetState.INITIAL))

    assert table(new).acquire(GROUP) is None


def test_a_draining_target_gets_nothing_and_keeps_what_it_holds() -> None:
    held = target()
    targets = table(held)
    targets.acquire(GROUP)
    targets.start_draining(held, 100.0)

    assert targets.acquire(GROUP) is None
    assert not targets.drained(held, 101.0, delay=0.5, at_latest=60.0)
    targets.release(held)
    assert not targets.drained(held, 100.4, delay=0.5, at_latest=60.0)
    assert targets.drained(held, 101.0, delay=0.5, at_latest=60.0)


def test_draining_ends_at_the_unscaled_delay_whatever_is_held() -> None:
    held = target()
    targets = table(held)
    targets.acquire(GROUP)
    targets.start_draining(held, 100.0)

    assert not targets.drained(held, 159.9, delay=0.5, at_latest=60.0)
    assert targets.drained(held, 160.0, delay=0.5, at_latest=60.0)


def test_a_late_verdict_does_not_bring_a_draining_target_back() -> None:
    leaving = target()
    targets = table(leaving)
    targets.start_draining(leaving, 0.0)

    targets.judge(leaving, HEALTHY)

    assert leaving.verdict.state is TargetState.DRAINING
    assert targets.checked() == []


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ([200], "healthy"),
        ([503], "initial"),
        ([503, 503], "unhealthy"),
        ([200, 503], "healthy"),
        ([200, 503, 200, 503], "healthy"),
        ([200, 503, 503], "unhealthy"),
        ([503, 503, 200], "unhealthy"),
        ([503, 503, 200, 200], "healthy"),
    ],
)
def test_thresholds_decide_with_one_success_for_a_new_target(
    scenario: Scenario, results: list[ProbeResult], state: str
) -> None:
    checked = target(verdict=Verdict(TargetState.INITIAL), group=scenario.balancer.groups[0])
    checks = HealthChecks(table(checked), Timings())

    for result in results:
        checks.apply(checked, result)

    assert checked.verdict.state == state


@pytest.mark.parametrize(
    ("result", "reason", "description"),
    [
        (503, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"),
        (ProbeFailure.TIMED_OUT, "Target.Timeout", "Request timed out"),
        (ProbeFailure.REFUSED, "Target.FailedHealthChecks", "Health checks failed"),
    ],
)
def test_an_unhealthy_target_says_why(scenario: Scenario, result: ProbeResult, reason: str, description: str) -> None:
    checked = target(group=scenario.balancer.groups[0])
    checks = HealthChecks(table(checked), Timings())

    checks.apply(checked, result)
    checks.apply(checked, result)

    assert (checked.verdict.reason, checked.verdict.description) == (reason, description)


def test_checks_follow_the_group_s_interval(scenario: Scenario) -> None:
    arn = scenario.balancer.groups[0]
    checked = target(group=arn)
    checks = HealthChecks(table(checked), Timings(health_second=0.1))

    times = [now / 10 for now in range(21) if checks.due(now / 10)]
    group = elbv2_backends["123456789012"]["eu-central-1"].target_groups[arn]

    assert group.health_check_interval_seconds == 5
    assert times == [0.0, 0.5, 1.0, 1.5, 2.0]
