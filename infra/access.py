"""IAM documents as data. Every statement says why it is there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

POLICY_VERSION = "2012-10-17"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One permission. `reason` becomes the statement's Sid in CamelCase, so that the policy on AWS explains itself."""

    reason: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]

    def render(self) -> dict[str, object]:
        return {
            "Sid": "".join(word.capitalize() for word in self.reason.split()),
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }


def policy(*statements: Statement) -> pulumi.Output[str]:
    """An IAM policy document as JSON."""
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [statement.render() for statement in statements]})


def assume_role_policy(service: str) -> str:
    """The trust of a role that one AWS service assumes, as JSON."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": POLICY_VERSION, "Statement": [statement]})
