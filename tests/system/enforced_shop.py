"""The shop with the roles that the program declares, in an emulator that enforces IAM."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from sandbox.home import Running
from sandbox.session import assume
from tests.infra import declared as stacks
from tests.infra.mocked import Recording, stack_settings
from tests.support import release_platform as platform
from tests.support.cli_harness import Shop, ended
from tests.support.emulator_process import EmulatorProcess
from tests.support.forked import Forked

STEM = "axonflow-staging"
PARAMETER = "/axonflow/staging/config/agent/LOG_LEVEL"
ADMIN = "administrator"
"""A role that no release may hand to a task."""


@functools.cache
def declared() -> Recording:
    """Staging as its stack file declares it, with the one service that these tests release: each has statements of its own."""
    settings = stack_settings("staging")
    services = settings["axonflow:platform"]["services"]
    settings["axonflow:platform"]["services"] = {"agent": services["agent"]}
    return stacks.declared("staging", settings)


class EnforcedShop(Shop):
    """Everything that is not said to be of a role is done by root."""

    def __init__(self, emulator: EmulatorProcess, home: Path) -> None:
        super().__init__(emulator, home)
        self._sessions: dict[str, dict[str, str]] = {}

    def _execution_role(self) -> str:
        _make_roles(self.client("iam"))
        user = json.dumps({"username": "axonflow", "password": "x"})
        self._secret = self.client("secretsmanager").create_secret(Name=f"{STEM}/database", SecretString=user)["ARN"]
        self.client("ssm").put_parameter(Name=PARAMETER, Value="info", Type="String")
        return f"arn:aws:iam::{platform.ACCOUNT}:role/{STEM}-agent-execution"

    def run_as(self, role: str, *words: str, expect: int = 0) -> str:
        """Run a command as a session of a role; returns what it printed on both streams."""
        return "".join(ended(self.start_as(role, *words), expect))

    def start_as(self, role: str, *words: str) -> Forked:
        """Start it."""
        former, self.shell = self.shell, {**self.shell, **self.session(role)}
        try:
            return self.start(*words)
        finally:
            self.shell = former

    def behaves(self, version: str, behaviour: str) -> None:
        """Change what tasks of a version do that are launched from now on."""
        self.emulator.control("POST", "behaviours", {"glob": f"*:{version}", "behaviour": behaviour})

    def session(self, role: str) -> dict[str, str]:
        """Credentials, as `sandbox env --role` prints them."""
        if role not in self._sessions:
            self._sessions[role] = assume(Running(**self.emulator.ready), f"{STEM}-{role}")
        return self._sessions[role]


def _make_roles(iam: Any) -> None:
    """Policies, roles and attachments as declared, made by root; and a role that no one may pass."""
    recording = declared()
    for policy in recording.of("aws:iam/policy:Policy"):
        iam.create_policy(PolicyName=policy.inputs["name"], PolicyDocument=policy.inputs["policy"])
    for role in recording.of("aws:iam/role:Role"):
        iam.create_role(
            RoleName=role.inputs["name"],
            AssumeRolePolicyDocument=role.inputs["assumeRolePolicy"],
            PermissionsBoundary=role.inputs["permissionsBoundary"],
        )
    for attachment in recording.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment"):
        iam.attach_role_policy(RoleName=attachment.inputs["role"], PolicyArn=attachment.inputs["policyArn"])
    iam.create_role(RoleName=ADMIN, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
