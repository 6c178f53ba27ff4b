"""What calls of IAM itself need, as far as programs make roles
(docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.emulator.iam.evaluate import Ask
from sandbox.emulator.iam.where import Row, Sent, Where, asking


def _setting_boundary(action: str) -> Row:
    """The boundary is the one that the request sets."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        boundary = sent.get("PermissionsBoundary")
        return asking(f"iam:{action}", where.role(str(sent.get("RoleName"))), iam__PermissionsBoundary=boundary)

    return row


def _changing_role(action: str) -> Row:
    """The boundary is the one that the role has."""

    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        name = str(sent.get("RoleName"))
        return asking(
            f"iam:{action}",
            where.role(name),
            iam__PermissionsBoundary=where.boundary(name),
            iam__PolicyARN=sent.get("PolicyArn"),
        )

    return row


def _policy(action: str) -> Row:
    def row(sent: Sent, where: Where) -> Sequence[Ask]:
        new = f"arn:aws:iam::{where.account}:policy/{sent.get('PolicyName')}"
        return asking(f"iam:{action}", str(sent.get("PolicyArn") or new))

    return row


_ROLE_ACTIONS = (
    "AttachRolePolicy",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GetRole",
    "PutRolePolicy",
    "UpdateAssumeRolePolicy",
)
_POLICY_ACTIONS = ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion")

ROWS: dict[str, Row] = {
    **{action: _setting_boundary(action) for action in ("CreateRole", "PutRolePermissionsBoundary")},
    **{action: _changing_role(action) for action in _ROLE_ACTIONS},
    **{action: _policy(action) for action in _POLICY_ACTIONS},
}
