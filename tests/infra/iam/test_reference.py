"""Every policy of both stacks and of the account against AWS's own list of actions, resources and condition keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.declared import account, as_declared
from tests.infra.mocked import Recording
from tests.support.iam_reference import faults, overlap

POLICIES = ("aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy")


def statements(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in POLICIES:
        for policy in recording.of(kind):
            for statement in json.loads(policy.inputs["policy"])["Statement"]:
                yield f"{policy.name} {statement['Sid']}", statement


@pytest.mark.parametrize("of", ["account", "staging", "production"])
def test_every_policy_says_what_aws_can_allow(of: str) -> None:
    recording = account() if of == "account" else as_declared(of)
    found = [f"{where}: {fault}" for where, statement in statements(recording) for fault in faults(statement)]
    assert found == []


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a*c", "*bc", True),
        ("a*", "b*", False),
        ("*", "", True),
        ("a", "", False),
        ("log-group:*:log-stream:*", "log-group:/x:*", True),
    ],
)
def test_patterns_that_some_text_matches_both(one: str, other: str, meet: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is meet


ALARMS = "arn:aws:sns:eu-central-1:123456789012:axonflow-staging-p0"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Action": "sns:Describe*"}, ["sns:Describe* matches no action"]),
        ({"Action": "sns:Publsh"}, ["sns:Publsh matches no action"]),
        ({"Action": "logs:DescribeLogGroups"}, [f"logs:DescribeLogGroups is of no resource like {ALARMS}"]),
        ({"Action": "sns:ListTopics"}, [f"sns:ListTopics is of no resource like {ALARMS}"]),
        ({"Condition": {"StringEquals": {"ecs:cluster": "x"}}}, ["sns:Publish knows no condition key ecs:cluster"]),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "x"}}}, []),
        ({}, []),
    ],
)
def test_a_planted_fault_is_found(changes: dict[str, Any], says: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": ALARMS, **changes}
    assert list(faults(statement)) == says
