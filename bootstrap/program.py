"""The program of an account: GitHub's identity provider, and for each environment the state of its stack and the roles that run
Pulumi."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from bootstrap.settings import AccountSettings, EnvironmentSettings, load
from bootstrap.state import State, bucket_of
from bootstrap.statements import StackArns, infrastructure_statements, preview_statements
from infra.core.component import Component
from infra.core.names import Names
from infra.iam.documents import Statement, managed_policy
from infra.iam.trust import GITHUB, GITHUB_AUDIENCE, github, people, trust
from infra.settings import SettingsError

SESSION_SECONDS = 4 * 3600
"""A first `pulumi up` of production takes up to an hour."""


def main() -> None:
    """Declare the resources of the account's stack file."""
    try:
        settings = load(pulumi.Config("axonflow-bootstrap").require_object("account"))
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    build(settings, pulumi.Config("aws").require("region"))


def build(settings: AccountSettings, region: str) -> None:
    """Declare every resource of an account."""
    state = State("state", settings.bucket)
    # AWS verifies GitHub's certificate by its own list of authorities: no thumbprint is needed
    # (docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
    provider = aws.iam.OpenIdConnectProvider("github", url=f"https://{GITHUB}", client_id_lists=[GITHUB_AUDIENCE])
    account = state.key_arn.apply(lambda arn: arn.split(":")[4])
    backends = {"account": state.bucket}
    for name, environment in settings.environments.items():
        own = State(f"{name}-state", bucket_of(settings.bucket, name), name)
        arns = StackArns(names=Names(name), region=region, account=account, bucket=own.bucket, key_arn=own.key_arn)
        PulumiRoles(name, arns, environment, settings.repository, provider)
        backends[name] = own.bucket
    urls = {name: pulumi.Output.concat("s3://", bucket, f"?region={region}") for name, bucket in backends.items()}
    pulumi.export("backends", urls)


class PulumiRoles(Component):
    """The infrastructure and the preview role of one environment.

    They have no boundary, and the platform's program cannot change them: `pulumi up` cannot extend its own permissions.
    """

    TYPE = "axonflow:bootstrap:PulumiRoles"

    def __init__(
        self,
        name: str,
        arns: StackArns,
        settings: EnvironmentSettings,
        repository: str,
        provider: aws.iam.OpenIdConnectProvider,
    ) -> None:
        super().__init__(name)
        self._environment, self._github = name, provider
        preview = "pull_request" if settings.previews == "pull_request" else f"environment:{name}-preview"
        up = f"environment:{name}-infrastructure"
        trusted_by = [people(arns.account, settings.people), github(arns.account, repository, up)]
        self._role("infrastructure", trusted_by, infrastructure_statements(arns))
        self._role("preview", [github(arns.account, repository, preview)], preview_statements(arns))
        self.register_outputs({})

    def _role(self, kind: str, trusted: list[dict[str, object]], statements: tuple[Statement, ...]) -> None:
        named = f"axonflow-{kind}-{self._environment}"
        logical = f"{self._environment}-{kind}"
        role = aws.iam.Role(
            logical,
            name=named,
            description=f"pulumi {'up' if kind == 'infrastructure' else 'preview'} of {self._environment}",
            assume_role_policy=trust(*trusted),
            max_session_duration=SESSION_SECONDS,
            opts=self.child(depends_on=[self._github]),
        )
        policy = aws.iam.Policy(
            logical, name=named, description=role.description, policy=managed_policy(*statements), opts=self.child()
        )
        aws.iam.RolePolicyAttachment(logical, role=role.name, policy_arn=policy.arn, opts=self.child())
