"""Autoscaling's bounds: set by the first release once it is live, changed by whatever brings the newest template."""

from __future__ import annotations

import pytest

from appdeploy.model.contract import Scaling
from appdeploy.model.events import CapacityBoundsFailed, CapacityBoundsSet
from appdeploy.model.operation import Deploy, Restart, Sync
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import DONE, AwsSays, Moment, crashed, only

QUICKLY = (Moment(), DONE)
BOUNDS = Scaling(minimum=2, maximum=6)
NAME = "axonflow-staging-agent-service"
RESOURCE = f"service/axonflow-staging-cluster/{NAME}"


def ready(aws, make="released", *, script=QUICKLY, scaling=BOUNDS):
    service = getattr(aws, make)(scaling=scaling)
    service.script = list(script)
    aws.environment(service)
    return service


def asked(aws):
    return [(name, params) for service, name, params in aws.calls if service == "application-autoscaling"]


def test_a_first_release_that_is_live_sets_the_bounds_and_nothing_else(aws, run):
    ready(aws, "unreleased")
    run()
    dimension = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    assert asked(aws) == [
        ("DescribeScalableTargets", {**dimension, "ResourceIds": [RESOURCE]}),
        ("RegisterScalableTarget", {**dimension, "ResourceId": RESOURCE, "MinCapacity": 2, "MaxCapacity": 6}),
    ]
    assert CapacityBoundsSet("agent", 2, 6) in run.events


def test_a_first_release_that_fails_leaves_the_minimum_at_zero(aws, run):
    service = ready(aws, "unreleased", script=(Moment(), Moment((crashed(1), crashed(2)))))
    service.after_stop = [Moment(primary="former", count=0)]
    assert only(run()).outcome is not Outcome.LIVE
    assert asked(aws) == []


@pytest.mark.parametrize("goal", [Deploy("v2"), Restart()], ids=["deploy", "restart"])
def test_a_later_release_asks_nothing_of_autoscaling(aws, run, goal):
    ready(aws)
    run(goal)
    assert asked(aws) == []


def test_a_sync_brings_a_changed_minimum_although_the_template_is_the_same(aws, run):
    ready(aws)
    aws.minimums[NAME] = 1
    assert only(run(Sync())).outcome is Outcome.UNCHANGED
    assert aws.minimums == {NAME: 2}
    assert aws.writes == []


def test_a_sync_brings_a_changed_maximum_and_a_hold_survives_it(aws, run):
    """The suspension is not sent, so that it stays as it is."""
    ready(aws)
    aws.minimums[NAME], aws.maximum, aws.suspended = 2, 4, {NAME}
    run(Sync())
    assert (aws.minimums, aws.maximum, aws.suspended) == ({NAME: 2}, 6, {NAME})
    assert CapacityBoundsSet("agent", 2, 6) in run.events


def test_a_sync_sends_nothing_where_the_bounds_are_right(aws, run):
    ready(aws)
    aws.minimums[NAME], aws.maximum = 2, 6
    run(Sync())
    assert [name for name, _ in asked(aws)] == ["DescribeScalableTargets"]


def test_a_sync_before_the_first_release_leaves_the_minimum_at_zero(aws, run):
    """Else autoscaling would start tasks of a template whose image does not exist."""
    ready(aws, "unreleased")
    run(Sync())
    assert asked(aws) == []


def test_a_service_without_bounds_is_not_asked_about(aws, run):
    ready(aws, "unreleased", scaling=None)
    run()
    assert asked(aws) == []


@pytest.mark.parametrize("operation", ["DescribeScalableTargets", "RegisterScalableTarget"])
def test_a_minimum_that_cannot_be_set_is_told_and_changes_no_outcome(aws, run, operation):
    ready(aws, "unreleased")
    aws.answers[operation] = [AwsSays("AccessDeniedException", "no")]
    assert only(run()).outcome is Outcome.LIVE
    [reported] = [event for event in run.events if isinstance(event, CapacityBoundsFailed)]
    assert reported.service == "agent"
    assert "not allowed" in reported.reason
