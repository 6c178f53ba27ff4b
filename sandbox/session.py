"""A session of a role in the emulator, for `sandbox env --role`."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from sandbox.environment import REGION
from sandbox.errors import SandboxError
from sandbox.home import Running

SESSION_NAME = "sandbox"


def assume(running: Running, role: str) -> dict[str, str]:
    """The credentials of a new session, as environment variables.

    `role` is a role's name or how exactly one ends, as `release` for `axonflow-staging-release`. Raises SandboxError when
    there is no such role, or more than one.
    """
    session = boto3.Session(aws_access_key_id="sandbox", aws_secret_access_key="sandbox", region_name=REGION)
    arn = _find(session.client("iam", endpoint_url=running.endpoint), role)
    sts = session.client("sts", endpoint_url=running.endpoint)
    try:
        credentials = sts.assume_role(RoleArn=arn, RoleSessionName=SESSION_NAME)["Credentials"]
    except ClientError as error:
        raise SandboxError(f"{arn} could not be assumed: {error}") from None
    return {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


def _find(iam: Any, wanted: str) -> str:
    pages = iam.get_paginator("list_roles").paginate()
    arns = {item["RoleName"]: item["Arn"] for page in pages for item in page["Roles"]}
    found = [wanted] if wanted in arns else sorted(name for name in arns if name.endswith(f"-{wanted}"))
    if not found:
        raise SandboxError(f"there is no role {wanted}; `pulumi up` makes the roles of a stack")
    if len(found) > 1:
        raise SandboxError(f"several roles end in -{wanted}: name one of {', '.join(found)}")
    return str(arns[found[0]])
