"""The roles of operations: for each duty a policy, and a role that has it beside the viewer's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import duties
from infra.access import Statement, assume_role_policy, managed_policy
from infra.access_settings import AccessSettings, PersonDuty
from infra.component import Component
from infra.scope import Scope
from infra.trust import github, people, trust

SESSION_SECONDS = 4 * 3600
"""A release with a bake and a release in line behind it end within one session; AWS takes 1 to 12 hours
(docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html)."""


@dataclass(frozen=True, kw_only=True)
class Duty:
    """One policy."""

    description: str
    statements: Callable[[Scope], Sequence[Statement]]
    by_service: Callable[[Scope], Sequence[Statement]] | None = None
    """Those that each service adds to, where they would make one policy too long."""
    tasks: Callable[[Scope], Sequence[Statement]] | None = None
    """Those on one-off tasks, likewise."""


DUTIES: dict[PersonDuty, Duty] = {
    "viewer": Duty(description="Look, and change nothing", statements=duties.viewer),
    "release": Duty(
        description="Change what runs",
        statements=duties.release,
        by_service=duties.updates,
        tasks=duties.tasks_before,
    ),
    "operator": Duty(description="Keep it running: freeze, scale, set, look into logs", statements=duties.operator),
    "maintenance": Duty(description="Prune, and work on the database", statements=duties.maintenance),
}

PORTAL = "portal-task"
"""Duty of the customer portal's tasks: its upgrades are releases."""
NAMES = (*DUTIES, PORTAL)


@dataclass(frozen=True, kw_only=True)
class RolesArgs:
    """Whose roles, and who may assume them."""

    scope: Scope
    settings: AccessSettings


class Roles(Component):
    """A managed policy for each duty, and the roles with their trust."""

    TYPE = "axonflow:platform:Roles"

    def __init__(self, name: str, args: RolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        policies = {duty: self._policies(duty) for duty in DUTIES}
        for duty in DUTIES:
            trusted = self._trusted(duty)
            if trusted:
                own = {**policies["viewer"], **policies[duty]}
                self._role(duty, DUTIES[duty].description, trust(*trusted), own)
        upgrades = {**policies["viewer"], **policies["release"]}
        self._role(PORTAL, "The customer portal's upgrades", assume_role_policy("ecs-tasks.amazonaws.com"), upgrades)
        self.register_outputs({})

    def _policies(self, duty: PersonDuty) -> dict[str, aws.iam.Policy]:
        """By what they are called here."""
        made = DUTIES[duty]
        parts = {duty: made.statements, f"{duty}-services": made.by_service, f"{duty}-tasks": made.tasks}
        return {name: self._policy(name, made, part) for name, part in parts.items() if part}

    def _policy(self, name: str, duty: Duty, statements: Callable[[Scope], Sequence[Statement]]) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{name}",
            name=self._args.scope.names.duty(name),
            description=duty.description,
            policy=managed_policy(*statements(self._args.scope)),
            opts=self.child(),
        )

    def _trusted(self, duty: PersonDuty) -> list[dict[str, object]]:
        """Who may assume it. Releases are the one thing that a job of the repository does with a role of this program."""
        scope, settings = self._args.scope, self._args.settings
        principals = settings.people.get(duty)
        persons = [people(scope.account, principals)] if principals else []
        environment = f"environment:{scope.names.environment}"
        jobs = [github(scope.account, settings.repository, environment)] if duty == "release" else []
        return [*persons, *jobs]

    def _role(self, duty: str, description: str, trusted: pulumi.Input[str], policies: Mapping[str, aws.iam.Policy]) -> None:
        role = aws.iam.Role(
            f"{self._name}-{duty}",
            name=self._args.scope.names.duty(duty),
            description=description,
            assume_role_policy=trusted,
            max_session_duration=SESSION_SECONDS,
            opts=self.child(),
        )
        for attached, document in policies.items():
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{duty}-{attached}", role=role.name, policy_arn=document.arn, opts=self.child()
            )
