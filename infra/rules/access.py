"""Rules about who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from infra.rules.model import Finding, Resource, Rule, Stack, as_list, document, is_known

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
    """Whether it grants nothing, and only bounds what roles are granted elsewhere."""
    bounds = [role.inputs.get("permissionsBoundary") for role in stack.of(_ROLE)]
    name = resource.inputs.get("name")
    return any(not is_known(bound) or str(bound).endswith(f":policy/{name}") for bound in bounds if bound is not None)


def _nothing_unbounded(resource: Resource, stack: Stack) -> Finding:
    if _is_boundary(resource, stack):
        everything = any("*" in _listed(statement.get("Action")) for statement in statements(resource.inputs.get("policy")))
        return "bounds nothing: it allows every action" if everything else None
    for statement in statements(resource.inputs.get("policy")):
        wide = [action for action in _listed(statement.get("Action")) if action == "*" or str(action).endswith(":*")]
        if "NotAction" in statement or (wide and "*" in _listed(statement.get("Resource"))):
            return f"allows {', '.join(map(str, wide)) or 'all but some actions'} on everything"
    return None


def _says_why(resource: Resource, stack: Stack) -> Finding:
    silent = sum(1 for statement in statements(resource.inputs.get("policy")) if not statement.get("Sid"))
    return f"has {silent} statements that do not say what for" if silent else None


def _passes_by_name(resource: Resource, stack: Stack) -> Finding:
    for statement in statements(resource.inputs.get("policy")):
        if "iam:PassRole" in _listed(statement.get("Action")) and "*" in _listed(statement.get("Resource")):
            return "may pass any role"
    return None


def _trusted_by_name(resource: Resource, stack: Stack) -> Finding:
    for statement in statements(resource.inputs.get("assumeRolePolicy")):
        principal: Any = statement.get("Principal")
        named = cast(dict[str, Any], principal) if isinstance(principal, dict) else {"AWS": principal}
        if "*" in _listed(named.get("AWS")):
            return "may be assumed by anyone"
    return None


def _bounded(resource: Resource, stack: Stack) -> Finding:
    return None if resource.inputs.get("permissionsBoundary") else "has no permissions boundary"


def _not_broad(resource: Resource, stack: Stack) -> Finding:
    arn = resource.inputs.get("policyArn")
    broad = isinstance(arn, str) and arn.endswith(_BROAD)
    return f"attaches {arn}" if broad else None


def _of_policies(prefix: str, kind: str) -> tuple[Rule, ...]:
    """What holds for a policy wherever it is written."""
    return (
        Rule(f"{prefix}-policies-bounded", "IAM.1, IAM.21", kind, _nothing_unbounded),
        Rule(f"{prefix}-policies-say-why", "nobody dared to remove a permission", kind, _says_why),
        Rule(f"{prefix}-policies-pass-by-name", "a task was started with the administrator's role", kind, _passes_by_name),
    )


RULES = (
    *_of_policies("inline", "aws:iam/rolePolicy:RolePolicy"),
    *_of_policies("managed", "aws:iam/policy:Policy"),
    Rule("roles-bounded", "a role that a program made was given more than its program may do", _ROLE, _bounded),
    Rule("roles-trusted-by-name", "IAM.1", _ROLE, _trusted_by_name),
    Rule("no-broad-managed-policy", "IAM.1", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", _not_broad),
)
