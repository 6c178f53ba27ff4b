"""The account's program by the real engine, what AWS says of it, and what its infrastructure role is kept from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.engine_commands import Sandbox

pytestmark = [pytest.mark.engine, pytest.mark.waits]

BUCKET = "axonflow-pulumi-state"
ACCOUNT = "123456789012"


class Account:
    """A sandbox with the program carried out in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.pulumi = sandbox.bootstrap

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
    try:
        sandbox.sandbox("up", "--enforce-iam").expect(0)
        sandbox.make_account()
        yield Account(sandbox)
    finally:
        sandbox.sandbox("down")


def test_nothing_is_left_to_do(account: Account) -> None:
    account.pulumi("preview", "--refresh", "--expect-no-changes").expect(0)
    backends = json.loads(account.pulumi("stack", "output", "backends").out)
    assert backends == {
        "account": f"s3://{BUCKET}?region=eu-central-1",
        "staging": f"s3://{BUCKET}-staging?region=eu-central-1",
        "production": f"s3://{BUCKET}-production?region=eu-central-1",
    }


@pytest.mark.parametrize("ending", ["", "-staging", "-production"])
def test_the_state_is_versioned_encrypted_and_never_public(account: Account, ending: str) -> None:
    s3, kms, bucket = account.client("s3"), account.client("kms"), f"{BUCKET}{ending}"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key == kms.describe_key(KeyId=f"alias/axonflow-pulumi{ending}")["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert {str(value).lower() for value in blocked.values()} == {"true"}
    assert len(blocked) == 4
    [denial] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert (denial["Effect"], denial["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 365}


RUN_PULUMI = tuple(f"axonflow-{kind}-{env}" for env in ("staging", "production") for kind in ("infrastructure", "preview"))


@pytest.mark.parametrize("role", RUN_PULUMI)
def test_a_role_that_runs_pulumi_reads_the_state_and_the_secrets_of_its_own_environment_alone(
    account: Account, role: str
) -> None:
    """A preview trusts the jobs of any pull request of staging: it must not reach production's secrets."""
    for env in ("staging", "production"):
        own, bucket = role.endswith(env), f"{BUCKET}-{env}"
        # moto denies all that the bucket's policy denies under any condition, and the sandbox speaks plain HTTP.
        account.client("s3").delete_bucket_policy(Bucket=bucket)
        account.client("s3").put_object(Bucket=bucket, Key="state.json", Body=b"{}")
        key = account.client("kms").describe_key(KeyId=f"alias/axonflow-pulumi-{env}")["KeyMetadata"]["Arn"]
        sealed = account.client("kms").encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
        tried = (
            lambda: account.client("s3", role).get_object(Bucket=bucket, Key="state.json"),  # noqa: B023
            lambda: account.client("s3", role).list_objects_v2(Bucket=bucket),  # noqa: B023
            lambda: account.client("kms", role).decrypt(KeyId=key, CiphertextBlob=sealed),  # noqa: B023
        )
        assert [_is_allowed(call) for call in tried] == [own, own, own], env


def _is_allowed(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        return not error.response["Error"]["Code"].startswith("AccessDenied")
    return True


def test_a_refresh_sees_that_the_bucket_was_opened(account: Account) -> None:
    s3 = account.client("s3")
    former = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    ran = account.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
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
