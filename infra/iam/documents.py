"""IAM documents as data. Every statement says why it is there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from infra.core.arns import POLICY_VERSION

MANAGED_LENGTH = 6144
"""Characters, white space not counted (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

NO_SOURCE_ACCOUNT = ("ecs.amazonaws.com",)
"""Services whose documents have a trust without the account
(docs.aws.amazon.com/AmazonECS/latest/developerguide/AmazonECSInfrastructureRolePolicyForLoadBalancers.html)."""

Condition = Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]
Conditions = Mapping[str, Condition]
"""Values by operator and condition key, as IAM writes them."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One permission, or with `deny` its denial. `reason` becomes the statement's Sid in CamelCase, so that the
    policy on AWS explains itself."""

    reason: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Conditions = field(default_factory=dict[str, Condition])
    deny: bool = False

    @property
    def sid(self) -> str:
        """Letters and digits alone, as IAM demands."""
        return "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", self.reason))

    def render(self) -> dict[str, object]:
        """The statement in IAM's grammar."""
        conditions = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return {
            "Sid": self.sid,
            "Effect": "Deny" if self.deny else "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
            **({"Condition": conditions} if conditions else {}),
        }


def policy(*statements: Statement) -> pulumi.Output[str]:
    """An IAM policy document as JSON."""
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [statement.render() for statement in statements]})


def managed_policy(*statements: Statement) -> pulumi.Output[str]:
    """The same for a managed policy. Raises RunError if it is longer than AWS accepts."""
    return policy(*statements).apply(_fits)


def _fits(document: str) -> str:
    length = len(re.sub(r"\s", "", document))
    if length > MANAGED_LENGTH:
        raise pulumi.RunError(
            f"a policy has {length} characters and AWS accepts {MANAGED_LENGTH}: statements are made for each service; "
            "split the policy in infra/iam/roles.py"
        )
    return document


def assume_role_policy(service: str, account: pulumi.Input[str]) -> pulumi.Output[str]:
    """The trust of a role that one AWS service assumes for this account, as JSON.

    Without the account, the service could be made to use the role for another account's resources
    (docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """
    statement: dict[str, object] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service not in NO_SOURCE_ACCOUNT:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [statement]})
