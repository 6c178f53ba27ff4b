"""Whether policies allow something: what holds for all of them, and what each operator means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.emulator.iam.conditions import Condition
from sandbox.emulator.iam.evaluate import Allowed, Ask, Limit, Refused, decide
from sandbox.emulator.iam.policy import NotEvaluated, Statement, parse

ACTIONS = ("ecs:UpdateService", "ecs:RunTask", "ssm:PutParameter")
RESOURCES = ("arn:aws:ecs:r:1:service/c/agent", "arn:aws:ecs:r:1:service/c/portal", "arn:aws:ssm:r:1:parameter/a")
KEYS = {"ecs:cluster": ("arn:aws:ecs:r:1:cluster/c", "arn:aws:ecs:r:1:cluster/d"), "aws:RequestedRegion": ("r", "s")}
SEED = settings(max_examples=100, derandomize=True, deadline=None)

conditions = st.one_of(
    st.just({}),
    st.builds(
        lambda value: {"ArnLike": {"ecs:cluster": value}}, st.sampled_from(["arn:aws:ecs:r:1:cluster/*", *KEYS["ecs:cluster"]])
    ),
    st.builds(lambda value: {"StringNotEquals": {"aws:RequestedRegion": value}}, st.sampled_from(KEYS["aws:RequestedRegion"])),
    st.builds(lambda value: {"Null": {"ecs:cluster": value}}, st.sampled_from(["true", "false"])),
)
written = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.lists(st.sampled_from([*ACTIONS, "ecs:*", "*"]), min_size=1, max_size=2),
        "Resource": st.lists(st.sampled_from([*RESOURCES, "arn:aws:ecs:*", "*"]), min_size=1, max_size=2),
        "Condition": conditions,
    }
)
documents = st.lists(written, max_size=5).map(lambda statements: of(*statements))
asks = st.builds(
    lambda action, resource, context: Ask(action, resource, {name.lower(): value for name, value in context.items()}),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in KEYS.items()}),
)


def of(*statements: dict[str, Any]) -> tuple[Statement, ...]:
    numbered = [{"Sid": f"S{number}", **statement} for number, statement in enumerate(statements)]
    return parse("policy", json.dumps({"Statement": numbered}))


def allowed(ask: Ask, own: tuple[Statement, ...], *limits: tuple[Statement, ...]) -> bool:
    return isinstance(decide(ask, own, [Limit("permissions boundary", limit) for limit in limits]), Allowed)


@SEED
@given(asks, documents)
def test_a_deny_wins_over_whatever_allows(ask: Ask, own: tuple[Statement, ...]) -> None:
    deny = of({"Effect": "Deny", "Action": ask.action, "Resource": ask.resource})
    assert not allowed(ask, (*own, *deny))
    assert not allowed(ask, (*deny, *of({"Effect": "Allow", "Action": "*", "Resource": "*"}), *own))


@SEED
@given(asks, documents, documents, st.randoms(use_true_random=False))
def test_the_order_of_statements_makes_no_difference(ask: Ask, own: Any, boundary: Any, random: Any) -> None:
    shuffled, bounds = list(own), list(boundary)
    random.shuffle(shuffled)
    random.shuffle(bounds)
    assert decide(ask, own, [Limit("b", boundary)]) == decide(ask, shuffled, [Limit("b", bounds)])


@SEED
@given(asks, documents, documents)
def test_a_boundary_never_widens(ask: Ask, own: tuple[Statement, ...], boundary: tuple[Statement, ...]) -> None:
    assert allowed(ask, own, boundary) == (allowed(ask, own) and allowed(ask, boundary))


@SEED
@given(asks, documents, documents)
def test_a_boundary_grants_nothing(ask: Ask, own: tuple[Statement, ...], boundary: tuple[Statement, ...]) -> None:
    assert not allowed(ask, (), boundary)
    if not allowed(ask, own):
        assert not allowed(ask, own, boundary)


@SEED
@given(asks, documents, written)
def test_one_more_allow_never_takes_away_and_one_more_deny_never_gives(ask: Ask, own: Any, more: dict[str, Any]) -> None:
    after = allowed(ask, (*own, *of(more)))
    assert after >= allowed(ask, own) if more["Effect"] == "Allow" else after <= allowed(ask, own)


def test_nothing_is_allowed_that_no_statement_names() -> None:
    decision = decide(Ask("ecs:RunTask", "*"), ())
    assert decision == Refused("because no identity-based policy allows the ecs:RunTask action")


def test_a_refusal_says_which_kind_of_policy_decided() -> None:
    ask, everything = Ask("ecs:RunTask", "*"), of({"Effect": "Allow", "Action": "ecs:*", "Resource": "*"})
    deny = of({"Effect": "Deny", "Action": "ecs:RunTask", "Resource": "*"})
    boundary = "permissions boundary"
    assert decide(ask, (*everything, *deny)) == Refused("with an explicit deny in an identity-based policy")
    assert decide(ask, everything, [Limit(boundary, deny)]) == Refused("with an explicit deny in a permissions boundary")
    assert decide(ask, everything, [Limit(boundary, ())]) == Refused(
        "because no permissions boundary allows the ecs:RunTask action"
    )


def test_actions_are_compared_without_case_and_resources_with_it() -> None:
    own = of({"Effect": "Allow", "Action": "ECS:update*", "Resource": "arn:aws:ecs:r:1:service/c/a?ent"})
    assert allowed(Ask("ecs:UpdateService", "arn:aws:ecs:r:1:service/c/agent"), own)
    assert not allowed(Ask("ecs:UpdateService", "arn:aws:ecs:r:1:service/c/Agent"), own)


def test_what_is_not_listed_can_be_meant() -> None:
    own = of({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert allowed(Ask("ecs:RunTask", "*"), own)
    assert not allowed(Ask("iam:CreateRole", "*"), own)


@pytest.mark.parametrize(
    ("operator", "values", "present", "holds"),
    [
        ("StringEquals", ("a", "b"), "b", True),
        ("StringEquals", ("a",), "A", False),
        ("StringEquals", ("a",), None, False),
        ("StringEqualsIfExists", ("a",), None, True),
        ("StringEqualsIfExists", ("a",), "b", False),
        ("ForAllValues:StringEquals", ("a",), None, True),
        ("ForAllValues:StringEquals", ("a",), "b", False),
        ("StringNotEquals", ("a", "b"), "b", False),
        ("StringNotEquals", ("a",), None, True),
        ("StringEqualsIgnoreCase", ("a",), "A", True),
        ("StringLike", ("a*[x]",), "ab[x]", True),
        ("StringLike", ("a*[x]",), "abx", False),
        ("StringNotLike", ("a*",), "ab", False),
        ("ArnLike", ("arn:aws:ecs:*:1:cluster/*",), "arn:aws:ecs:r:1:cluster/c", True),
        ("ArnLike", ("arn:aws:ecs:*:cluster/c",), "arn:aws:ecs:r:1:cluster/c", False),
        ("ArnEquals", ("arn:aws:ecs:r:1:task-definition/f:*",), "arn:aws:ecs:r:1:task-definition/f:7", True),
        ("ArnNotLike", ("arn:aws:ecs:r:1:*",), "arn:aws:ecs:r:1:x", False),
        ("ArnLikeIfExists", ("arn:aws:ecs:r:1:x",), None, True),
        ("Null", ("true",), None, True),
        ("Null", ("true",), "a", False),
        ("Null", ("false",), "a", True),
        ("Bool", ("true",), "True", True),
    ],
)
def test_operators(operator: str, values: tuple[str, ...], present: str | None, holds: bool) -> None:
    context = {} if present is None else {"some:key": present}
    assert Condition.of(operator, "Some:Key", values).holds(context) is holds


@pytest.mark.parametrize(
    "statement",
    [
        {"Condition": {"NumericLessThan": {"a": "1"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}},
        {"Resource": "arn:aws:s3:::home/${aws:username}"},
    ],
)
def test_what_is_not_evaluated_is_never_passed_over(statement: dict[str, Any]) -> None:
    with pytest.raises(NotEvaluated):
        of({"Effect": "Allow", "Action": "*", "Resource": "*", **statement})
