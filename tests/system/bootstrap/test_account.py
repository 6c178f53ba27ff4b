"""The account's program by the real engine, what AWS says of it, and what its infrastructure role is kept from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.engine_commands import ROOT, Ran, Sandbox, run

pytestmark = [pytest.mark.engine, pytest.mark.waits]

STACK = ("--stack", "organization/axonflow-bootstrap/account", "--non-interactive")
BUCKET = "axonflow-pulumi-state"
ACCOUNT = "123456789012"


class Account:
    """A sandbox with the program carried out in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def pulumi(self, *arguments: str) -> Ran:
        return run(["pulumi", "--cwd", str(ROOT / "bootstrap"), *arguments], self._sandbox.shell())

    def client(self, service: str, role: str | None = None) -> Any:
        shell = self._sandbox.as_role(role) if role else self._sandbox.shell()
        return boto3.client(
            service,
            endpoint_url=shell["AWS_ENDPOINT_URL"],
            region_name=shell["AWS_REGION"],
            aws_access_key_id=shell["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=shell["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=shell.get("AWS_SESSION_TOKEN"),
        )


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    made = Account(sandbox)
    try:
        sandbox.sandbox("up", "--enforce-iam").expect(0)
        made.pulumi("stack", "init", STACK[1], "--non-interactive").expect(0)
        made.pulumi("up", "--yes", "--skip-preview", *STACK).expect(0)
        yield made
    finally:
        sandbox.sandbox("down")


def test_nothing_is_left_to_do(account: Account) -> None:
    account.pulumi("preview", "--refresh", "--expect-no-changes", *STACK).expect(0)
    assert account.pulumi("stack", "output", "backend", *STACK).out.strip() == f"s3://{BUCKET}?region=eu-central-1"


def test_the_state_is_versioned_encrypted_and_never_public(account: Account) -> None:
    s3, kms = account.client("s3"), account.client("kms")
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key == kms.describe_key(KeyId="alias/axonflow-pulumi")["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert {str(value).lower() for value in blocked.values()} == {"true"}
    assert len(blocked) == 4


def test_a_refresh_sees_that_the_bucket_was_opened(account: Account) -> None:
    s3 = account.client("s3")
    former = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    ran = account.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes", *STACK)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=former)
    assert ran.exit_code != 0
    assert "blockPublicAcls" in ran.out


INFRASTRUCTURE = "axonflow-infrastructure-staging"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/axonflow-staging-boundary"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def test_the_infrastructure_role_makes_roles_within_the_boundary(account: Account) -> None:
    iam = account.client("iam", INFRASTRUCTURE)
    iam.create_policy(PolicyName="axonflow-staging-boundary", PolicyDocument=EVERYTHING)
    iam.create_role(RoleName="axonflow-staging-made", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=BOUNDARY)
    iam.put_role_policy(RoleName="axonflow-staging-made", PolicyName="own", PolicyDocument=EVERYTHING)


ESCAPES: dict[str, tuple[str, dict[str, str]]] = {
    "a role without the boundary": (
        "create_role",
        {"RoleName": "axonflow-staging-free", "AssumeRolePolicyDocument": TRUST},
    ),
    "a role with another boundary": (
        "create_role",
        {
            "RoleName": "axonflow-staging-free",
            "AssumeRolePolicyDocument": TRUST,
            "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess",
        },
    ),
    "a role of production": (
        "create_role",
        {"RoleName": "axonflow-production-made", "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": BOUNDARY},
    ),
    "a wider boundary": (
        "create_policy_version",
        {"PolicyArn": BOUNDARY, "PolicyDocument": EVERYTHING},
    ),
    "no boundary any more": ("delete_role_permissions_boundary", {"RoleName": "axonflow-staging-made"}),
    "more for itself": (
        "put_role_policy",
        {"RoleName": INFRASTRUCTURE, "PolicyName": "more", "PolicyDocument": EVERYTHING},
    ),
    "others into itself": (
        "update_assume_role_policy",
        {"RoleName": INFRASTRUCTURE, "PolicyDocument": TRUST},
    ),
    "more in its own policy": (
        "create_policy_version",
        {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/{INFRASTRUCTURE}", "PolicyDocument": EVERYTHING},
    ),
}


@pytest.mark.parametrize("what", ESCAPES)
def test_it_cannot_give_itself_or_others_more(account: Account, what: str) -> None:
    operation, parameters = ESCAPES[what]
    with pytest.raises(ClientError) as caught:
        getattr(account.client("iam", INFRASTRUCTURE), operation)(**parameters)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
