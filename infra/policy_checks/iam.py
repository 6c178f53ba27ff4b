"""Checks of roles and policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from infra.iam.documents import NO_SOURCE_ACCOUNT
from infra.policy_checks.model import Finding, PolicyCheck, Resource, Stack, as_list, document, is_known

_ROLE = "aws:iam/role:Role"
_BROAD = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def statements(text: Any) -> Iterator[dict[str, Any]]:
    """The allowing statements of a policy document."""
    for statement in _listed((document(text) or {"Statement": []})["Statement"]):
        if statement.get("Effect") == "Allow":
            yield statement


def _listed(value: Any) -> list[Any]:
    return as_list(value) if isinstance(value, list) else [value]


def _is_boundary(resource: Resource, stack: Stack) -> bool:
    """Whether it is a permissions boundary, which grants nothing itself."""
    bounds = [role.inputs.get("permissionsBoundary") for role in stack.of(_ROLE)]
    name = resource.inputs.get("name")
    return any(not is_known(bound) or str(bound).endswith(f":policy/{name}") for bound in bounds if bound is not None)


def _no_wildcard(resource: Resource, stack: Stack) -> Finding:
    if _is_boundary(resource, stack):
        everything = any("*" in _listed(statement.get("Action")) for statement in statements(resource.inputs.get("policy")))
        return "is no boundary: it allows every action" if everything else None
    for statement in statements(resource.inputs.get("policy")):
        wide = [action for action in _listed(statement.get("Action")) if action == "*" or str(action).endswith(":*")]
        if "NotAction" in statement or (wide and "*" in _listed(statement.get("Resource"))):
            return f"allows {', '.join(map(str, wide)) or 'all but some actions'} on everything"
    return None


def _has_sids(resource: Resource, stack: Stack) -> Finding:
    without = sum(1 for statement in statements(resource.inputs.get("policy")) if not statement.get("Sid"))
    return f"has {without} statements without a Sid" if without else None


def _passes_named_roles(resource: Resource, stack: Stack) -> Finding:
    for statement in statements(resource.inputs.get("policy")):
        if "iam:PassRole" in _listed(statement.get("Action")) and "*" in _listed(statement.get("Resource")):
            return "may pass any role"
    return None


def _trusts_named_principals(resource: Resource, stack: Stack) -> Finding:
    for statement in statements(resource.inputs.get("assumeRolePolicy")):
        principal: Any = statement.get("Principal")
        named = cast(dict[str, Any], principal) if isinstance(principal, dict) else {"AWS": principal}
        if "*" in _listed(named.get("AWS")):
            return "may be assumed by anyone"
    return None


def _trusts_its_account(resource: Resource, stack: Stack) -> Finding:
    for statement in statements(resource.inputs.get("assumeRolePolicy")):
        principal: Any = statement.get("Principal")
        services = set(_listed(principal.get("Service", []))) if isinstance(principal, dict) else set[str]()
        condition: Any = statement.get("Condition") or {}
        if services - set(NO_SOURCE_ACCOUNT) and "aws:SourceAccount" not in condition.get("StringEquals", {}):
            return f"is assumed by {', '.join(sorted(services))} for any account"
    return None


def _has_boundary(resource: Resource, stack: Stack) -> Finding:
    return None if resource.inputs.get("permissionsBoundary") else "has no permissions boundary"


def _no_broad_policy(resource: Resource, stack: Stack) -> Finding:
    arn = resource.inputs.get("policyArn")
    broad = isinstance(arn, str) and arn.endswith(_BROAD)
    return f"attaches {arn}" if broad else None


def _of_policies(prefix: str, kind: str) -> tuple[PolicyCheck, ...]:
    """The checks of managed and inline policies alike."""
    return (
        PolicyCheck(f"{prefix}-policies-no-wildcard", "IAM.1, IAM.21", kind, _no_wildcard),
        PolicyCheck(f"{prefix}-policies-have-sids", "no one dared to remove a permission", kind, _has_sids),
        PolicyCheck(
            f"{prefix}-policies-pass-named-roles", "a task was started with the administrator's role", kind, _passes_named_roles
        ),
    )


CHECKS = (
    *_of_policies("inline", "aws:iam/rolePolicy:RolePolicy"),
    *_of_policies("managed", "aws:iam/policy:Policy"),
    PolicyCheck(
        "roles-have-boundary", "a role that a program created had more permissions than the program", _ROLE, _has_boundary
    ),
    PolicyCheck("roles-trust-named-principals", "IAM.1", _ROLE, _trusts_named_principals),
    PolicyCheck(
        "roles-trust-services-of-the-account",
        "confused deputy: docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
        _ROLE,
        _trusts_its_account,
    ),
    PolicyCheck("no-broad-managed-policy", "IAM.1", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", _no_broad_policy),
)
