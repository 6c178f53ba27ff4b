"""Which target group serves: ECS and the listener rule must agree."""

from __future__ import annotations

import pytest

from appdeploy.watch.routing import Ambiguous, NoLoadBalancer, Serving, routing
from tests.support.release_scenario import target_group

A, B = target_group("a"), target_group("b")


def test_no_target_group_no_load_balancer():
    assert routing((), (), None) == NoLoadBalancer()


@pytest.mark.parametrize(
    ("groups", "resolved", "weights", "serves"),
    [
        ((A, B), {A}, {A: 1, B: 0}, A),
        ((A, B), {B}, {A: 0, B: 100}, B),
        ((A, B), {A, B}, {A: 0, B: 100}, B),
        ((A,), set(), None, A),
        ((A, B), set(), {A: 1, B: 0}, A),
        ((A,), {A}, None, A),
    ],
)
def test_the_group_that_both_name_serves(groups, resolved, weights, serves):
    assert routing(groups, resolved, weights) == Serving(serves)


@pytest.mark.parametrize(
    ("groups", "resolved", "weights"),
    [
        ((A, B), {B}, {A: 1, B: 0}),
        ((A, B), {A}, {A: 90, B: 10}),
        ((A, B), {A}, {}),
        ((A, B), set(), None),
    ],
)
def test_anything_else_is_ambiguous(groups, resolved, weights):
    assert isinstance(routing(groups, resolved, weights), Ambiguous)


def test_the_disagreement_is_told_by_the_groups_names():
    verdict = routing((A, B), {B}, {A: 1, B: 0})
    assert verdict.why == "the new tasks belong to target group b, and the listener rule sends traffic to a"
