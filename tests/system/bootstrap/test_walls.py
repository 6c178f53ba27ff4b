"""By the policies as they are declared, no role of one environment reaches the other's state, keys, parameters or secrets.

Evaluated as the emulator's IAM does it (sandbox/emulator/iam/evaluate.py). The account has both environments, and both stacks
are declared in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

import pytest

from sandbox.emulator.iam.evaluate import Allowed, Ask, decide
from sandbox.emulator.iam.policy import Statement, parse
from tests.infra.declared import account, as_declared
from tests.infra.mocked import ACCOUNT, Recording

ENVIRONMENTS = ("staging", "production")
BUCKET = "arn:aws:s3:::axonflow-pulumi-state"
REGION = "eu-central-1"
IN_REGION = {"aws:requestedregion": REGION}


class Role(NamedTuple):
    """A role and all that it may do."""

    environment: str
    name: str
    statements: tuple[Statement, ...]

    def may(self, ask: Ask) -> bool:
        return isinstance(decide(ask, self.statements), Allowed)


def roles_of(recording: Recording, environment: Mapping[str, str]) -> Iterator[Role]:
    """By logical name; `environment` says whose a role is, by its name on AWS."""
    policies = {f"arn:aws:iam::{ACCOUNT}:policy/{item.inputs['name']}": item for item in recording.of("aws:iam/policy:Policy")}
    for role in recording.of("aws:iam/role:Role"):
        name = role.inputs["name"]
        inline = [item for item in recording.of("aws:iam/rolePolicy:RolePolicy") if item.inputs["role"] == name]
        attached = [
            policies[item.inputs["policyArn"]]
            for item in recording.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
            if item.inputs["role"] == name and item.inputs["policyArn"] in policies
        ]
        statements = tuple(found for item in (*inline, *attached) for found in parse(item.name, item.inputs["policy"]))
        yield Role(next(env for env in environment if env in name), name, statements)


@cache
def roles() -> tuple[Role, ...]:
    """Of the account's program and of both stacks."""
    names = dict.fromkeys(ENVIRONMENTS, "")
    stacks = (role for stack in ENVIRONMENTS for role in roles_of(as_declared(stack), {stack: ""}))
    return (*roles_of(account(), names), *stacks)


def state_key(environment: str) -> str:
    """As the mocked engine names it."""
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{environment}-state"


def asks(environment: str) -> Mapping[str, tuple[Ask, ...]]:
    """What belongs to an environment, and what could be done with it."""
    bucket, logs = f"{BUCKET}-{environment}", f"arn:aws:s3:::axonflow-{environment}-access-logs-{ACCOUNT}"
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/axonflow/{environment}/config/agent/LOG_LEVEL"
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:axonflow-{environment}/cache-AbCdEf"
    tagged = {**IN_REGION, "aws:resourcetag/environment": environment}
    topics_key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{environment}-topics"

    def of(resource: str, context: Mapping[str, str], *actions: str) -> tuple[Ask, ...]:
        return tuple(Ask(action, resource, context) for action in actions)

    objects = of(f"{bucket}/.pulumi/stacks/axonflow/x.json", IN_REGION, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return {
        "state": (*objects, *of(bucket, IN_REGION, "s3:ListBucket", "s3:PutBucketVersioning", "s3:DeleteBucket")),
        "state's key": of(state_key(environment), IN_REGION, "kms:Decrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
        "topics' key": of(topics_key, tagged, "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"),
        "parameters": of(parameter, IN_REGION, "ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"),
        "secrets": of(secret, IN_REGION, "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
        "access logs": of(f"{logs}/x", IN_REGION, "s3:GetObject", "s3:DeleteObject"),
    }


def other(environment: str) -> str:
    return next(each for each in ENVIRONMENTS if each != environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("what", asks("staging"))
def test_no_role_reaches_what_belongs_to_the_other_environment(environment: str, what: str) -> None:
    tried = [role for role in roles() if role.environment == environment]
    assert len(tried) > 15
    for role in tried:
        assert [ask.action for ask in asks(other(environment))[what] if role.may(ask)] == [], role.name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("kind", "what", "allowed"),
    [
        ("infrastructure", "state", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]),
        ("infrastructure", "state's key", ["kms:Decrypt"]),
        ("infrastructure", "topics' key", ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]),
        ("infrastructure", "parameters", ["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"]),
        ("infrastructure", "secrets", ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]),
        ("infrastructure", "access logs", ["s3:GetObject", "s3:DeleteObject"]),
        ("preview", "state", ["s3:GetObject", "s3:ListBucket"]),
        ("preview", "state's key", ["kms:Decrypt"]),
        ("preview", "topics' key", []),
        ("preview", "parameters", ["ssm:GetParameter"]),
        ("preview", "secrets", []),
        ("preview", "access logs", []),
    ],
)
def test_what_the_roles_that_run_pulumi_may_do_in_their_own(environment: str, kind: str, what: str, allowed: list[str]) -> None:
    [role] = [role for role in roles() if role.name == f"axonflow-{kind}-{environment}"]
    assert [ask.action for ask in asks(environment)[what] if role.may(ask)] == allowed
