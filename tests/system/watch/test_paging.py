"""Which topics the platform's alarms notify, when, and when they do not go off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.emulator.images import Conduct
from sandbox.emulator.snapshot import Snapshot
from tests.support import aws_platform
from tests.support.emulator_scenario import Foundation, forget
from tests.system.watch.world import DATABASE, World

LONGEST = 1200.0


@pytest.fixture(scope="module")
def built() -> Iterator[tuple[World, Snapshot, Snapshot]]:
    """A platform, as it is before the first release, and as it is after it."""
    made = World(Foundation.build())
    try:
        before = made.emulator.snapshot()
        release(made)
        yield made, before, made.emulator.snapshot()
    finally:
        made.close()
        forget()


@pytest.fixture
def world(built: tuple[World, Snapshot, Snapshot]) -> World:
    made, before, _ = built
    made.emulator.restore(before)
    return made


@pytest.fixture
def serving(built: tuple[World, Snapshot, Snapshot]) -> World:
    made, _, after = built
    made.emulator.restore(after)
    return made


def release(world: World) -> None:
    """Version v1 serves with two tasks, watched by the deployment alarms, and some minutes have passed."""
    definition = world.register(world.push("v1"))
    sent = aws_platform.service(world.network, world.balancer, world.role, definition, desired=2)
    world.ecs.create_service(
        **{**sent, "deploymentConfiguration": {**sent["deploymentConfiguration"], "alarms": world.alarms()}}
    )
    world.until(world.settled, LONGEST)
    world.serve(3)
    assert world.raised() == {}


def kill_everything(world: World) -> None:
    """Every task stops, and its image is gone: nothing comes back."""
    world.emulator.images.behave("*:v1", Conduct.parse("no-image"))
    for task in world.tasks():
        world.ecs.stop_task(cluster=aws_platform.CLUSTER, task=task["taskArn"])


def test_six_percent_errors_raise_p1_within_its_window(serving: World) -> None:
    serving.serve(2, good=94, bad=6)
    assert serving.raised() == {}
    serving.serve(3, good=94, bad=6)
    assert serving.raised() == {"p1": ["agent-errors"]}
    serving.serve(10, good=94, bad=6)
    assert serving.raised() == {"lead": ["agent-errors-lead"]}
    serving.serve(5)
    assert serving.over() == {"p1": ["agent-errors"], "lead": ["agent-errors-lead"]}


def test_four_percent_errors_raise_nothing(serving: World) -> None:
    serving.serve(20, good=96, bad=4)
    assert serving.raised() == {}


def test_few_requests_that_all_fail_raise_nothing(serving: World) -> None:
    """Below `min_requests` an error rate means nothing: a few requests at night must not page."""
    serving.serve(20, good=0, bad=5)
    assert serving.raised() == {}


def test_no_healthy_target_raises_p0_and_goes_on_to_lead_and_cto(serving: World) -> None:
    kill_everything(serving)
    raised = []
    for _ in range(33):
        serving.serve(1, good=0)
        raised.append(serving.raised())
    first = {(topic, name): minute for minute, each in enumerate(raised, 1) for topic, names in each.items() for name in names}

    assert set(first) == {
        ("p0", "agent-down"),
        ("lead", "agent-down-lead"),
        ("cto", "agent-down-cto"),
        ("p2", "agent-tasks-missing"),
    }
    assert first["p0", "agent-down"] <= 4
    assert first["lead", "agent-down-lead"] == first["p0", "agent-down"] + 12, "15 minutes after it began"
    assert first["cto", "agent-down-cto"] == first["p0", "agent-down"] + 27, "30 minutes after it began"


def test_the_topic_of_an_alarm_is_notified_when_it_is_over(serving: World) -> None:
    kill_everything(serving)
    serving.serve(5, good=0)
    assert serving.raised() == {"p0": ["agent-down"]}
    serving.emulator.images.behave("*:v1", Conduct.parse("healthy"))
    serving.serve(20)
    assert serving.over() == {"p0": ["agent-down"]}


def test_slow_replies_raise_p2(serving: World) -> None:
    serving.serve(4, seconds=0.15)
    assert serving.raised() == {}
    serving.serve(1, seconds=0.15)
    assert serving.raised() == {"p2": ["agent-slow"]}


def test_replies_below_the_threshold_raise_nothing(serving: World) -> None:
    serving.serve(10, seconds=0.09)
    assert serving.raised() == {}


def test_an_idle_group_raises_nothing(serving: World) -> None:
    """The second target group has no target and no request, for as long as it likes."""
    serving.serve(40)
    assert serving.raised() == {}


def test_nothing_is_raised_before_the_first_release(world: World) -> None:
    world.create(world.unreleased(), desired=0)
    world.serve(40, good=0)
    assert world.raised() == {}


def test_a_good_first_release_raises_nothing(world: World) -> None:
    world.create(world.unreleased(), desired=0)
    world.serve(5, good=0)
    world.update(taskDefinition=world.register(world.push("v1")), desiredCount=2)
    world.serve(20, good=0)
    assert world.settled()
    assert world.raised() == {}


def test_a_good_rollout_raises_nothing_and_bakes_as_long_as_its_alarms_need(serving: World) -> None:
    serving.release("v2")
    serving.until(lambda: serving.service_deployments()[0]["lifecycleStage"] == "BAKE_TIME", LONGEST)
    baked = serving.until(serving.settled, LONGEST)
    serving.serve(20)
    assert serving.service_deployments()[0]["status"] == "SUCCESSFUL"
    assert serving.service_deployments()[0]["alarms"]["status"] == "MONITORING_COMPLETE"
    assert baked == pytest.approx(240, abs=2)
    assert serving.raised() == {}


def test_errors_during_a_rollout_roll_it_back_before_anyone_is_paged(serving: World) -> None:
    serving.release("v2")
    serving.until(lambda: serving.service_deployments()[0]["lifecycleStage"] == "BAKE_TIME", LONGEST)
    serving.serve(2, good=90, bad=10)
    serving.until(serving.rolled_back, LONGEST)
    failed = serving.service_deployments()[0]
    assert failed["status"] == "ROLLBACK_SUCCESSFUL"
    assert failed["alarms"]["triggeredAlarmNames"] == ["axonflow-staging-agent-release-errors"]
    assert serving.notices("p1") == []
    [event] = serving.notices("p2")
    assert event["detail"]["reason"] == "ECS deployment failed: alarm detected."


def test_new_tasks_that_stay_unhealthy_roll_a_release_back(serving: World) -> None:
    serving.release("v2", "unhealthy", healthCheckGracePeriodSeconds=600)
    serving.until(serving.rolled_back, LONGEST)
    assert serving.service_deployments()[0]["alarms"]["triggeredAlarmNames"] == ["axonflow-staging-agent-release-unhealthy"]


def test_5xx_of_the_load_balancer_raise_p1(serving: World) -> None:
    serving.refuse(3, 30)
    assert serving.raised() == {"p1": ["public-lb-5xx"]}


def test_a_stopped_database_raises_p0_and_goes_on_to_the_lead(serving: World) -> None:
    serving.client("rds").stop_db_instance(DBInstanceIdentifier=DATABASE)
    serving.serve(5)
    assert serving.raised() == {"p0": ["database-down"]}
    serving.serve(10)
    assert serving.raised() == {"lead": ["database-down-lead"]}
    serving.client("rds").start_db_instance(DBInstanceIdentifier=DATABASE)
    serving.serve(2)
    assert serving.over() == {"p0": ["database-down"], "lead": ["database-down-lead"]}
