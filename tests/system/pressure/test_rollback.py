"""Rollback under pressure: whatever fails or works against it, what ran before is back, after few calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from appdeploy.ledger.store import Ledger
from appdeploy.lock.item import Freeze
from appdeploy.lock.lease import LEASE_SECONDS
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.events import ContinuedWithoutLock, LateWriteReverted, LockTakenOver, WatchingForLateWrites
from appdeploy.model.ledger_entry import StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.model.task_definition import name_of
from tests.support.pressure_world import RIVAL, World
from tests.support.release_platform import TABLE

V1, V2, V3 = (f"axonflow-staging-agent:{number}" for number in (1, 2, 3))
MOST_CALLS = 10
FAILURES: dict[str, dict[str, Any]] = {
    "5xx": {"kind": "error", "status": 500},
    "time-out": {"kind": "timeout"},
    "throttled": {"kind": "throttle"},
    "expired": {"kind": "expired"},
}


def frozen(world: World) -> None:
    DynamoLockStore(world.aws.dynamodb, TABLE).freeze(Freeze("carol", "2026-11-25T09:00:00+00:00", "load test"))


def ringing(world: World) -> None:
    """The service has a deployment alarm, and it is in ALARM."""
    alarm = {"AlarmName": "5xx", "MetricName": "m", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1}
    alarm["TreatMissingData"] = "ignore"  # stays as it is set: nothing measures it
    cloudwatch = world.client("cloudwatch")
    cloudwatch.put_metric_alarm(**alarm, Threshold=1, ComparisonOperator="GreaterThanThreshold", Statistic="Sum")
    world.update(deploymentConfiguration={"alarms": {"alarmNames": ["5xx"], "enable": True, "rollback": True}})
    world.until(world.settled)
    cloudwatch.set_alarm_state(AlarmName="5xx", StateValue="ALARM", StateReason="test")


def failing(*services: str, kind: str) -> Callable[[World], None]:
    def fail(world: World) -> None:
        for service in services:
            world.fault(service=service, **FAILURES[kind])

    return fail


BROKEN = {
    f"{name}-{kind}": failing(*services, kind=kind)
    for (name, services), kind in itertools.product(
        {"dynamodb": ("dynamodb",), "ssm": ("ssm",), "both": ("dynamodb", "ssm")}.items(), FAILURES
    )
}
PRESSURES: dict[str, Callable[[World], None]] = {"quiet": lambda world: None, "frozen": frozen, "alarm": ringing, **BROKEN}


@pytest.mark.parametrize("pressure", PRESSURES.values(), ids=PRESSURES)
def test_what_ran_before_is_back_after_few_calls(world: World, pressure: Callable[[World], None]) -> None:
    pressure(world)
    assert world.rollback().outcome is Outcome.LIVE
    assert (world.stands_on, world.runs) == (V2, {V2})
    assert len(world.calls_before_update) <= MOST_CALLS, world.calls_before_update


@pytest.mark.parametrize("pressure", ["quiet", "frozen", "dynamodb-time-out", "ssm-time-out", "both-5xx"])
@pytest.mark.parametrize("behaviour", ["healthy", "crash"])
def test_a_release_under_way_is_replaced_by_what_ran_before_it(world: World, behaviour: str, pressure: str) -> None:
    world.rival(behaviour=behaviour).lands()
    world.run(1)
    PRESSURES[pressure](world)
    assert world.rollback().outcome is Outcome.LIVE
    assert (world.stands_on, world.runs) == (V3, {V3})
    assert len(world.calls_before_update) <= MOST_CALLS, world.calls_before_update


def test_a_freeze_stays_and_is_told(world: World) -> None:
    frozen(world)
    world.rollback()
    item = DynamoLockStore(world.aws.dynamodb, TABLE).read()
    assert (item.freeze is not None, item.holder) == (True, None)
    [reported] = [event for event in world.events if isinstance(event, LockTakenOver)]
    assert "load test" in reported.previous


def test_rolling_back_again_goes_further_back_and_never_forward(world: World) -> None:
    assert world.rollback().outcome is Outcome.LIVE
    assert world.stands_on == V2
    assert world.rollback().outcome is Outcome.LIVE
    assert world.stands_on == V1


def test_from_a_release_under_way_three_rollbacks_go_further_back_each(world: World) -> None:
    world.rival().lands()
    visited = []
    for _ in range(3):
        assert world.rollback().outcome is Outcome.LIVE
        visited.append(world.stands_on)
    assert visited == [V3, V2, V1]


def test_a_second_rollback_that_does_not_wait_for_the_first_one_goes_further_back(world: World) -> None:
    world.drain(600)  # Else ECS may be done before the poller, whose pauses differ, looks again.
    world.rollback(until_complete=False)
    assert not world.settled()
    assert world.rollback().outcome is Outcome.LIVE
    assert (world.stands_on, world.runs) == (V1, {V1})


# Late writes


@pytest.mark.parametrize("pressure", ["quiet", "frozen", "ssm-time-out"])
def test_a_late_write_of_the_release_that_lost_its_lock_is_undone(world: World, pressure: str) -> None:
    rival = world.rival()
    PRESSURES[pressure](world)
    world.at(8, rival.lands)
    result = world.rollback()
    assert (result.outcome, result.serving) == (Outcome.LIVE, "v2 serves (2 tasks)")
    assert (world.stands_on, world.runs) == (V2, {V2})
    [put_back] = [event for event in world.events if isinstance(event, LateWriteReverted)]
    assert (put_back.from_release, put_back.late_task_definition) == (RIVAL, rival.revision)


@pytest.mark.parametrize("until_complete", [True, False], ids=["complete", "live"])
def test_live_is_not_told_before_the_lease_of_a_release_that_lost_its_lock_is_over(world: World, until_complete: bool) -> None:
    world.rival()
    begun = world.app.now()
    assert world.rollback(until_complete=until_complete).outcome is Outcome.LIVE
    assert world.app.now() - begun >= LEASE_SECONDS
    assert [event.from_release for event in world.events if isinstance(event, WatchingForLateWrites)] == [RIVAL]


def test_nobody_waits_when_nobody_lost_a_lock(world: World) -> None:
    begun = world.app.now()
    world.rollback(until_complete=False)
    assert world.app.now() - begun < LEASE_SECONDS / 2
    assert not [event for event in world.events if isinstance(event, WatchingForLateWrites)]


@pytest.mark.parametrize("seconds", [0.5, 5, 28])
def test_a_late_write_is_undone_whenever_it_lands_within_the_lease(world: World, seconds: float) -> None:
    world.at(seconds, world.rival().lands)
    assert world.rollback(until_complete=False).outcome is Outcome.LIVE
    assert world.stands_on == V2


def test_several_late_writes_are_undone_one_after_the_other(world: World) -> None:
    rival = world.rival()
    world.at(4, rival.lands)
    world.at(14, rival.lands)
    assert world.rollback().outcome is Outcome.LIVE
    assert (world.stands_on, world.runs) == (V2, {V2})
    assert len([event for event in world.events if isinstance(event, LateWriteReverted)]) == 2


def test_a_late_restart_of_an_old_revision_is_undone_too(world: World) -> None:
    """A restart registers nothing: its revision has the fence that it was made under, which is lower than ours."""
    world.rival()
    world.at(6, lambda: world.update(taskDefinition=V3, forceNewDeployment=True))
    assert world.rollback().outcome is Outcome.LIVE
    assert world.stands_on == V2


def test_new_tasks_of_what_was_returned_to_are_not_undone(world: World) -> None:
    world.rival()
    world.at(6, lambda: world.update(taskDefinition=V2, forceNewDeployment=True))
    assert world.rollback(until_complete=False).outcome is Outcome.SUPERSEDED
    assert world.stands_on == V2


def test_a_person_who_brings_a_revision_without_a_fence_supersedes_the_rollback(world: World) -> None:
    world.rival()
    person = world.register(world.push("v8"))
    world.at(6, lambda: world.update(taskDefinition=person))
    result = world.rollback(until_complete=False)
    assert result.outcome is Outcome.SUPERSEDED
    assert world.describe()["taskDefinition"] == person


def test_a_person_who_comes_after_the_rollback_was_complete_supersedes_it_too(world: World) -> None:
    """ECS calls ours SUCCESSFUL and never looks back; `live` would still be a lie."""
    world.rival()
    person = world.register(world.push("v8"))
    world.at(25, lambda: world.update(taskDefinition=person))
    assert world.rollback().outcome is Outcome.SUPERSEDED
    assert world.describe()["taskDefinition"] == person


def test_a_later_rollback_brings_an_old_fence_and_is_left_alone(world: World) -> None:
    """It has taken the lock from us; two rollbacks must not fight."""
    world.rival()

    def later() -> None:
        store = DynamoLockStore(world.aws.dynamodb, TABLE)
        holder = store.read().holder
        assert holder is not None
        store.take_over(holder)
        world.update(taskDefinition=V1)

    world.at(6, later)
    assert world.rollback(until_complete=False).outcome is Outcome.SUPERSEDED
    assert world.stands_on == V1


def test_a_write_after_the_lease_is_somebody_elses_business(world: World) -> None:
    """The rollback is still under way then; who comes so late was not at work when the lock changed hands."""
    rival = world.rival()
    world.behaves("v2", "slow:60")
    world.at(LEASE_SECONDS + 10, rival.lands)
    assert world.rollback().outcome is Outcome.SUPERSEDED


def test_a_rollback_that_ecs_takes_back_is_not_taken_for_a_late_write(world: World) -> None:
    world.rival()
    world.behaves("v2", "crash")
    result = world.rollback()
    assert result.outcome in (Outcome.ROLLED_BACK, Outcome.ROLLED_BACK_BY_ECS)
    assert not [event for event in world.events if isinstance(event, LateWriteReverted)]
    assert world.stands_on == V3


def test_a_watch_that_ends_within_the_lease_does_not_say_live(world: World) -> None:
    world.rival()
    result = world.rollback(until_complete=False, timeout=20)
    assert result.outcome is Outcome.TIMED_OUT
    assert result.cause is not None
    assert f"it is live, and a late write of {RIVAL} may arrive for" in result.cause
    assert result.serving.startswith("v2 serves (2 tasks)")


def test_without_the_lock_nothing_is_put_back_and_the_way_is_told(world: World) -> None:
    """Who was pre-empted is not known, so that a late write looks like a person's."""
    rival = world.rival()
    world.fault(kind="timeout", service="dynamodb")
    world.at(1, rival.lands)
    result = world.rollback()
    assert result.outcome is Outcome.SUPERSEDED
    assert result.cause is not None
    assert result.cause.endswith(f"it is unknown whether that was a late write: `rollback --to {V2}` reverts it")
    assert [type(event) for event in world.events if isinstance(event, ContinuedWithoutLock | LateWriteReverted)] == [
        ContinuedWithoutLock
    ]
    assert world.rollback(to=V2).outcome is Outcome.LIVE
    assert world.runs == {V2}


def test_a_late_write_is_seen_before_its_tasks_can_serve(world: World) -> None:
    """While one may land the service is looked at every second or so, however little happens."""
    world.rival()
    world.rollback()
    times = [call.time for call in world.emulator.calls.since(0) if call.action == "DescribeServices"]
    longest = max((later - earlier).total_seconds() for earlier, later in itertools.pairwise(times))
    assert longest < 2


def test_a_release_that_was_replaced_while_its_old_tasks_drained_is_no_point_but_can_be_named(world: World) -> None:
    """It was live, and ECS never called it SUCCESSFUL."""
    replaced = world.release("v4")
    world.until(lambda: world.targets()["healthy"] >= 2 and world.targets()["draining"] > 0)
    assert not world.settled()
    world.release("v5")
    world.until(world.settled)

    assert world.rollback().outcome is Outcome.LIVE
    assert world.stands_on == V3
    assert world.rollback(to=name_of(replaced)).outcome is Outcome.LIVE
    assert world.describe()["taskDefinition"] == replaced


# The record afterwards


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_the_record_is_complete_afterwards(world: World, failures: int) -> None:
    """Also when the table does not answer at first."""
    rival = world.rival()
    if failures:
        world.fault(kind="error", service="dynamodb", count=failures)
    world.at(8, rival.lands)
    assert world.rollback().outcome is Outcome.LIVE
    [entry, *_] = Ledger(world.aws.dynamodb, TABLE).newest(1)
    service = entry.services["agent"]
    assert (entry.kind, entry.outcome, entry.settled) == ("rollback", "live", True)
    assert (service.previous.version, service.target.version, service.deployment_id) == ("v3", "v2", world.primary()["id"])
    assert {step.kind for step in entry.steps if step.finished} == {StepKind.UPDATE, StepKind.REVERT_LATE_WRITE}
