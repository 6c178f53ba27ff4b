"""Roles, trust and boundary, as both real stack files declare them."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest

from infra.core.arns import EnvironmentArns
from infra.core.names import Names
from infra.iam.documents import MANAGED_LENGTH
from infra.iam.roles import Roles, RolesArgs
from infra.iam.settings import AccessSettings
from infra.settings import SettingsError, load
from tests.infra.declared import as_declared, declared
from tests.infra.mocked import ACCOUNT, Recording, one_service, run, stack_settings

STACKS = ("staging", "production")
POLICY = "aws:iam/policy:Policy"
ROLE = "aws:iam/role:Role"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROLES = ("viewer", "release", "operator", "maintenance")

INLINE_LENGTH = 10240
"""Characters of all inline policies of a role together, white space not counted
(docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

WITHOUT_RESOURCE = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "ecs:DeregisterTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "logs:DescribeLogGroups",
    "secretsmanager:ListSecrets",
    "ssm:DescribeParameters",
    "ecr:GetAuthorizationToken",
}
"""Actions that may be allowed on everything: the Service Authorization Reference knows no resource for them, or, as for
alarms, AWS answers in full only to those who have them on everything."""


def documents(recording: Recording) -> dict[str, dict[str, Any]]:
    """Every policy that a role of the stack has, by the policy's name; the boundary grants nothing and is left out."""
    managed = {item.inputs["name"]: item.inputs["policy"] for item in recording.of(POLICY) if item.name != "boundary"}
    inline = {item.name: item.inputs["policy"] for item in recording.of("aws:iam/rolePolicy:RolePolicy")}
    return {name: json.loads(text) for name, text in {**managed, **inline}.items()}


def test_every_role_carries_the_boundary(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/axonflow-{stack}-boundary"
    without = [role.name for role in recording.of(ROLE) if role.inputs.get("permissionsBoundary") != boundary]
    assert without == []


def test_the_boundary_leaves_no_way_to_more(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    statements = json.loads(recording.one(POLICY, "boundary").inputs["policy"])["Statement"]
    of_iam = {action for statement in statements for action in statement["Action"] if action.startswith(("iam:", "sts:"))}
    assert of_iam == {"iam:GetRole", "iam:PassRole"}
    for statement in statements:
        assert statement["Resource"] != ["*"] or "aws:RequestedRegion" in statement["Condition"]["StringEquals"]


def test_each_role_has_a_policy_beside_the_viewers(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    attached: dict[str, set[str]] = {}
    for item in recording.of(ATTACHMENT):
        attached.setdefault(item.inputs["role"], set()).add(item.inputs["policyArn"].rsplit("/", 1)[-1])
    stem = f"axonflow-{stack}"
    apart = {"release": {f"{stem}-release-services", f"{stem}-release-tasks"}}
    for role in ROLES:
        assert attached[f"{stem}-{role}"] == {f"{stem}-viewer", f"{stem}-{role}"} | apart.get(role, set())
    assert attached[f"{stem}-portal-task"] == attached[f"{stem}-release"]


def test_policies_are_as_long_as_aws_takes(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for policy in recording.of(POLICY):
        assert length(policy.inputs["policy"]) <= MANAGED_LENGTH, policy.name
    inline: dict[str, int] = {}
    for policy in recording.of("aws:iam/rolePolicy:RolePolicy"):
        inline[policy.inputs["role"]] = inline.get(policy.inputs["role"], 0) + length(policy.inputs["policy"])
    assert max(inline.values()) <= INLINE_LENGTH


def test_a_policy_that_is_too_long_is_refused_before_it_is_sent() -> None:
    access = AccessSettings.model_validate(stack_settings("staging")["axonflow:platform"]["access"])

    def with_services(count: int) -> Recording:
        services = tuple(f"service-{number}" for number in range(count))
        arns = EnvironmentArns(names=Names("staging"), region="eu-central-1", account=ACCOUNT, services=services)

        def roles() -> None:
            Roles("roles", RolesArgs(arns=arns, settings=access))

        return run(roles, "staging", {})

    assert with_services(8).one(POLICY, "roles-release-services")
    with pytest.raises(pulumi.RunError, match="AWS accepts 6144"):
        with_services(20)


def length(document: str) -> int:
    return len(re.sub(r"\s", "", document))


def test_every_statement_says_why_and_is_as_narrow_as_it_can_be(platform: tuple[str, Recording]) -> None:
    _, recording = platform
    for name, document in documents(recording).items():
        sids = [statement["Sid"] for statement in document["Statement"]]
        assert len(set(sids)) == len(sids), f"{name} gives a reason twice"
        for statement in document["Statement"]:
            assert re.fullmatch(r"[A-Za-z0-9]+", statement["Sid"])
            assert not any("*" in action for action in statement["Action"]), f"{name} {statement['Sid']}"
            if statement["Resource"] == ["*"] and "Condition" not in statement:
                assert set(statement["Action"]) <= WITHOUT_RESOURCE, f"{name} {statement['Sid']}"


def test_no_role_reaches_another_environment(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    for name, document in documents(recording).items():
        for statement in document["Statement"]:
            for resource in statement["Resource"]:
                if resource == "*" or resource.endswith(":scalable-target/*") or ":mock:" in resource:
                    continue
                if resource.endswith(":event-bus/default"):  # The account has one; what may be said there is limited.
                    assert statement["Condition"] == {"ForAllValues:StringEquals": {"events:source": "axonflow.appdeploy"}}
                    continue
                if stack == "production" and statement["Sid"] == "ReadTheLedgerOfTheSourceEnvironment":
                    assert statement["Action"] == ["dynamodb:Query"]
                    assert resource.endswith(":table/axonflow-staging-releases")
                    continue
                if ":secret:rds!db-" in resource:  # RDS names the master user's secret: it is this instance's alone.
                    continue
                assert f"axonflow-{stack}" in resource or f"/axonflow/{stack}/" in resource, f"{name}: {resource}"


def test_what_only_maintenance_may(platform: tuple[str, Recording]) -> None:
    """It cannot be scoped, or it cannot be undone."""
    _, recording = platform
    for action in ("ecs:DeregisterTaskDefinition", "ecr:BatchDeleteImage"):
        allowed = {
            name.rsplit("-", 1)[-1]
            for name, document in documents(recording).items()
            for statement in document["Statement"]
            if action in statement["Action"]
        }
        assert allowed == {"maintenance"}, action


def test_a_release_runs_no_task_but_of_what_it_released(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    allowed = {
        (name.removeprefix(f"axonflow-{stack}-"), resource.rsplit("/", 1)[-1])
        for name, document in documents(recording).items()
        for statement in document["Statement"]
        for resource in statement["Resource"]
        if "ecs:RunTask" in statement["Action"]
    }
    services = ("agent", "customer-portal", "orchestrator")
    released = {("release-tasks", f"axonflow-{stack}-{service}:*") for service in services}
    weekly = ("maintenance-schedule", f"axonflow-{stack}-db-maintain:*")
    assert allowed == {*released, ("maintenance", f"axonflow-{stack}-db-*:*"), weekly}


def test_github_is_trusted_for_one_environment_of_one_repository(platform: tuple[str, Recording]) -> None:
    stack, recording = platform
    trusts = {role.name: json.loads(role.inputs["assumeRolePolicy"])["Statement"] for role in recording.of(ROLE)}
    federated = {
        name: statement
        for name, statements in trusts.items()
        for statement in statements
        if "Federated" in statement["Principal"]
    }
    assert set(federated) == {"roles-release"}
    release = federated["roles-release"]
    assert release["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert release["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": f"repo:axonflow/platform:environment:{stack}",
        }
    }


def test_principals_are_trusted_by_role() -> None:
    settings = one_service()
    settings["axonflow:platform"]["access"]["people"] = {"viewer": ["role/all-staff"], "release": ["user/anna", "role/ops"]}
    recording = declared("staging", settings)
    names = {role.name for role in recording.of(ROLE) if role.name.startswith("roles-")}
    assert names == {"roles-viewer", "roles-release", "roles-portal-task"}, "no principal is an operator"
    trust = json.loads(recording.one(ROLE, "roles-release").inputs["assumeRolePolicy"])["Statement"]
    assert trust[0]["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/anna", f"arn:aws:iam::{ACCOUNT}:role/ops"]}


@pytest.mark.parametrize(
    ("access", "message"),
    [
        ({"repository": "platform", "people": {}}, "access.repository"),
        ({"repository": "axonflow/*", "people": {}}, "access.repository"),
        ({"repository": "axonflow/platform", "people": {"viewer": ["*"]}}, "access.people.viewer"),
        ({"repository": "axonflow/platform", "people": {"viewer": []}}, "access.people.viewer"),
        ({"repository": "axonflow/platform", "people": {"janitor": ["root"]}}, "access.people.janitor"),
    ],
)
def test_a_trust_that_lets_in_too_many_is_refused(access: dict[str, Any], message: str) -> None:
    platform = {**stack_settings("staging")["axonflow:platform"], "access": access}
    with pytest.raises(SettingsError, match=re.escape(message)):
        load("staging", "eu-central-1", platform)


def test_roles_can_be_previewed_before_anything_exists() -> None:
    recording = as_declared("staging", unknown=True)
    assert {"roles-viewer", "roles-release"} <= {role.name for role in recording.of(ROLE)}
