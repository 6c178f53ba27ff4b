"""Policies, and what roles have beside their trust: made, changed, read back and removed."""

from __future__ import annotations

import json

from sandbox.provider.types.iam import Policy, Role
from tests.support.inprocess_aws import InProcessAws


def document(action: str) -> str:
    statement = {"Effect": "Allow", "Action": [action], "Resource": ["*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_policy_reads_back_as_it_was_declared(aws: InProcessAws) -> None:
    made = aws.make(Policy(), name="viewer", description="Look", policy=document("ecs:ListServices"))
    try:
        assert made.live == made.inputs
        assert made.unread == set()
    finally:
        made.delete()
    assert made.live is None


def test_a_policy_that_is_changed_often_keeps_within_its_versions(aws: InProcessAws) -> None:
    made = aws.make(Policy(), name="often", description="", policy=document("ecs:ListServices"))
    for number in range(7):
        made.change(policy=document(f"ecs:Action{number}"))
    try:
        assert json.loads((made.live or {})["policy"]) == json.loads(document("ecs:Action6"))
        assert len(aws("iam").list_policy_versions(PolicyArn=made.id)["Versions"]) == 5
    finally:
        made.delete()


def test_tags_of_a_policy_can_change(aws: InProcessAws) -> None:
    made = aws.make(Policy(), name="tagged", description="", policy=document("ecs:ListServices"), tags={"a": "1"})
    try:
        made.change(tags={"b": "2"})
        assert (made.live or {})["tagsAll"] == {"Environment": "test", "b": "2"}
    finally:
        made.delete()


def test_a_roles_boundary_and_session_can_change_and_show(aws: InProcessAws) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trusted = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = aws.make(Role(), name="min-capacity-set", assumeRolePolicy=trusted, permissionsBoundary=boundary)
    try:
        assert made.live == made.inputs
        made.change(permissionsBoundary=f"{boundary}-2", maxSessionDuration=7200)
        assert made.live == made.inputs
        aws("iam").delete_role_permissions_boundary(RoleName="min-capacity-set")
        assert (made.live or {})["permissionsBoundary"] == "", "a refresh shows that someone took it away"
    finally:
        made.delete()
