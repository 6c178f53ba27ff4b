"""The roles of operations: each has its own policies, beside the viewer's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.arns import EnvironmentArns
from infra.core.component import Component
from infra.iam import role_policies
from infra.iam.documents import Statement, assume_role_policy, managed_policy
from infra.iam.settings import AccessSettings, OperationsRole
from infra.iam.trust import github, people, trust

SESSION_SECONDS = 4 * 3600
"""A release that waits for the lock, and bakes, ends within one session; AWS takes 1 to 12 hours
(docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html)."""


@dataclass(frozen=True, kw_only=True)
class RolePolicies:
    """The policies of one role."""

    description: str
    statements: Callable[[EnvironmentArns], Sequence[Statement]]
    by_service: Callable[[EnvironmentArns], Sequence[Statement]] | None = None
    """Statements of each service, where one policy would be too long with them."""
    tasks: Callable[[EnvironmentArns], Sequence[Statement]] | None = None
    """Statements for one-off tasks, likewise."""


ROLES: dict[OperationsRole, RolePolicies] = {
    "viewer": RolePolicies(description="Read-only", statements=role_policies.viewer),
    "release": RolePolicies(
        description="Release: change what runs",
        statements=role_policies.release,
        by_service=role_policies.service_updates,
        tasks=role_policies.pre_deploy_tasks,
    ),
    "operator": RolePolicies(description="Operate: freeze, scale, read logs", statements=role_policies.operator),
    "maintenance": RolePolicies(description="Prune, and run database tasks", statements=role_policies.maintenance),
}

TASKS = "ecs-tasks.amazonaws.com"
PORTAL = "portal-task"
"""Task role of the customer portal: its upgrades are releases."""
NAMES = (*ROLES, PORTAL)


@dataclass(frozen=True, kw_only=True)
class RolesArgs:
    """The environment's ARNs, and who may assume the roles."""

    arns: EnvironmentArns
    settings: AccessSettings


class Roles(Component):
    """The roles with their managed policies and their trust."""

    TYPE = "axonflow:platform:Roles"

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        policies = {role: self._policies(role) for role in ROLES}
        for role in ROLES:
            trusted = self._trusted(role)
            if trusted:
                self._role(role, ROLES[role].description, trust(*trusted), {**policies["viewer"], **policies[role]})
        upgrades = {**policies["viewer"], **policies["release"]}
        self._role(PORTAL, "The customer portal's upgrades", assume_role_policy(TASKS, args.arns.account), upgrades)
        self.register_outputs({})

    def _policies(self, role: OperationsRole) -> dict[str, aws.iam.Policy]:
        """By their names here."""
        declared = ROLES[role]
        parts = {role: declared.statements, f"{role}-services": declared.by_service, f"{role}-tasks": declared.tasks}
        return {name: self._policy(name, declared, part) for name, part in parts.items() if part}

    def _policy(
        self, name: str, policies: RolePolicies, statements: Callable[[EnvironmentArns], Sequence[Statement]]
    ) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{name}",
            name=self._args.arns.names.operations_role(name),
            description=policies.description,
            policy=managed_policy(*statements(self._args.arns)),
            opts=self.child(),
        )

    def _trusted(self, role: OperationsRole) -> list[dict[str, object]]:
        """Who may assume it. Jobs of the repository may assume the release role alone."""
        arns, settings = self._args.arns, self._args.settings
        principals = settings.people.get(role)
        persons = [people(arns.account, principals)] if principals else []
        environment = f"environment:{arns.names.environment}"
        jobs = [github(arns.account, settings.repository, environment)] if role == "release" else []
        return [*persons, *jobs]

    def _role(self, name: str, description: str, trusted: pulumi.Input[str], policies: Mapping[str, aws.iam.Policy]) -> None:
        role = aws.iam.Role(
            f"{self._name}-{name}",
            name=self._args.arns.names.operations_role(name),
            description=description,
            assume_role_policy=trusted,
            max_session_duration=SESSION_SECONDS,
            opts=self.child(),
        )
        for attached, document in policies.items():
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{name}-{attached}", role=role.name, policy_arn=document.arn, opts=self.child()
            )
