"""Trust policies: who may assume a role."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from infra.core.arns import POLICY_VERSION

GITHUB = "token.actions.githubusercontent.com"
GITHUB_AUDIENCE = "sts.amazonaws.com"
"""docs.github.com/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"""


def people(account: pulumi.Input[str], principals: Sequence[str]) -> dict[str, object]:
    """The statement for principals of the account, given as in AccessSettings."""
    arns = [pulumi.Output.concat("arn:aws:iam::", account, f":{principal}") for principal in principals]
    return {"Sid": "People", "Effect": "Allow", "Principal": {"AWS": arns}, "Action": "sts:AssumeRole"}


def github(account: pulumi.Input[str], repository: str, context: str) -> dict[str, object]:
    """The statement for jobs of a repository in one context: `pull_request`, or `environment:NAME`.

    The subject is compared as a whole: a pattern such as `repo:owner/name:*` would match every branch, pushed by anyone.
    """
    return {
        "Sid": "GitHub",
        "Effect": "Allow",
        "Principal": {"Federated": pulumi.Output.concat("arn:aws:iam::", account, f":oidc-provider/{GITHUB}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{GITHUB}:aud": GITHUB_AUDIENCE, f"{GITHUB}:sub": f"repo:{repository}:{context}"}},
    }


def trust(*statements: dict[str, object]) -> pulumi.Output[str]:
    """The trust policy of a role, as JSON."""
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": list(statements)})
