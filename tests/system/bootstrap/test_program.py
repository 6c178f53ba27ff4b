"""The account's program, run for its real stack file without an engine."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest
import yaml

from bootstrap import program
from bootstrap.statements import DATA_READS
from infra.iam.documents import MANAGED_LENGTH
from tests.infra.mocked import ACCOUNT, ROOT, Recording, run

CONFIG = yaml.safe_load((ROOT / "bootstrap/Pulumi.account.yaml").read_text())["config"]
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
SUBJECT = "token.actions.githubusercontent.com:sub"


@pytest.fixture(scope="module")
def account() -> Recording:
    return run(program.main, "account", CONFIG)


def statements(account: Recording, name: str) -> dict[str, dict[str, Any]]:
    """By Sid."""
    document = json.loads(account.one(POLICY, name).inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_component_types_are_pinned(account: Recording) -> None:
    """A changed token makes Pulumi delete and re-create everything inside, the state's bucket among it."""
    declared = {resource.type for resource in account.resources if resource.type.startswith("axonflow:")}
    assert declared == {"axonflow:bootstrap:State", "axonflow:bootstrap:PulumiRoles"}


def test_state_and_key_are_protected(account: Recording) -> None:
    protected = {resource.type for resource in account.resources if resource.protected}
    assert protected == {"aws:s3/bucket:Bucket", "aws:kms/key:Key"}


def test_each_role_is_for_one_kind_of_job(account: Recording) -> None:
    subjects = {
        role.name: statement["Condition"]["StringEquals"][SUBJECT]
        for role in account.of(ROLE)
        for statement in json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        if statement["Sid"] == "GitHub"
    }
    assert subjects == {
        "staging-infrastructure": "repo:axonflow/platform:environment:staging-infrastructure",
        "staging-preview": "repo:axonflow/platform:pull_request",
        "production-infrastructure": "repo:axonflow/platform:environment:production-infrastructure",
        "production-preview": "repo:axonflow/platform:environment:production-preview",
    }


def test_policies_are_as_long_as_aws_takes_and_say_why(account: Recording) -> None:
    for policy in account.of(POLICY):
        assert len(re.sub(r"\s", "", policy.inputs["policy"])) <= MANAGED_LENGTH, policy.name
        for sid, statement in statements(account, policy.name).items():
            assert re.fullmatch(r"[A-Za-z0-9]+", sid)
            assert "*" not in statement["Action"]
            narrow = statement["Resource"] != ["*"] or statement["Effect"] == "Deny"
            conditions = statement.get("Condition", {}).get("StringEquals", {})
            assert narrow or conditions.keys() & {"aws:RequestedRegion", "aws:RequestTag/Environment"}, sid


def test_roles_are_made_within_the_boundary_alone(account: Recording) -> None:
    makes = statements(account, "staging-infrastructure")["CreateRolesWithTheBoundary"]
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/axonflow-staging-boundary"
    assert makes["Condition"] == {"ArnEquals": {"iam:PermissionsBoundary": boundary}}
    for sid, statement in statements(account, "staging-infrastructure").items():
        if sid != "CreateRolesWithTheBoundary" and statement["Effect"] == "Allow":
            assert not set(makes["Action"]) & set(statement["Action"]), sid


def test_no_role_of_this_program_is_among_those_that_it_lets_be_changed(account: Recording) -> None:
    for name in ("staging", "production"):
        patterns = statements(account, f"{name}-infrastructure")["ManageThoseRoles"]["Resource"]
        assert patterns == [f"arn:aws:iam::{ACCOUNT}:role/axonflow-{name}-*"]
        for role in account.of(ROLE):
            assert not role.inputs["name"].startswith(f"axonflow-{name}-")


def test_a_preview_writes_nothing_and_reads_no_data(account: Recording) -> None:
    found = statements(account, "staging-preview")
    assert set(found["DenyReadsOfContents"]["Action"]) == set(DATA_READS)
    assert found["DenyReadsOfContents"]["Effect"] == "Deny"
    allowed = {action for item in found.values() if item["Effect"] == "Allow" for action in item["Action"]}
    reading = re.compile(r"^[a-z0-9-]+:(Describe|Get|List)")
    assert {action for action in allowed if not reading.match(action)} == {"kms:Decrypt"}


def test_it_can_be_previewed_before_anything_exists() -> None:
    assert len(run(program.main, "account", CONFIG, unknown=True).of(ROLE)) == 4


STAGING = {"previews": "pull_request", "people": ["root"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": "Has_Capitals"}, "bucket"),
        ({"environments": {}}, "environments"),
        ({"environments": {"staging": {"previews": "any", "people": ["root"]}}}, "environments.staging.previews"),
        ({"region": "eu-central-1"}, "region"),
        ({"environments": {"preview": STAGING}}, "an environment may not be called preview"),
        ({"environments": {"infrastructure": STAGING}}, "an environment may not be called infrastructure"),
        ({"environments": {"prod": STAGING, "prod-eu": STAGING}}, "the roles of prod would reach prod-eu"),
        ({"bucket": "axonflow-staging-state"}, "the roles of staging would reach axonflow-staging-state"),
        ({"bucket": "b" * 56}, "has 64 characters, and AWS takes 63"),
    ],
)
def test_a_setting_that_cannot_be_built_is_named(change: dict[str, Any], message: str) -> None:
    settings = {**CONFIG["axonflow-bootstrap:account"], **change}
    with pytest.raises(pulumi.RunError, match=re.escape(message)):
        run(program.main, "account", {**CONFIG, "axonflow-bootstrap:account": settings})
