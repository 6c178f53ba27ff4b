"""The program of an account: state, key, GitHub's identity provider, and for each environment the roles that build it."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from bootstrap.settings import AccountSettings, EnvironmentSettings, load
from bootstrap.state import State
from bootstrap.statements import Site, building, previewing
from infra.access import Statement, managed_policy
from infra.component import Component
from infra.naming import Names
from infra.settings import SettingsError
from infra.trust import GITHUB, GITHUB_AUDIENCE, github, people, trust

SESSION_SECONDS = 4 * 3600
"""A first `pulumi up` of production takes the better part of an hour."""


def main() -> None:
    """Build what the stack file of the account asks for."""
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
    for name, environment in settings.environments.items():
        site = Site(names=Names(name), region=region, account=account, bucket=state.bucket, key_arn=state.key_arn)
        Builders(name, site, environment, settings.repository, provider)
    pulumi.export("backend", pulumi.Output.concat("s3://", state.bucket, f"?region={region}"))


class Builders(Component):
    """The infrastructure and the preview role of one environment.

    They carry no boundary and the platform's program cannot change them: nobody can give himself more by `pulumi up`.
    """

    TYPE = "axonflow:bootstrap:Builders"

    def __init__(
        self, name: str, site: Site, settings: EnvironmentSettings, repository: str, provider: aws.iam.OpenIdConnectProvider
    ) -> None:
        super().__init__(name)
        self._environment, self._github = name, provider
        preview = "pull_request" if settings.previews == "pull_request" else f"environment:{name}-preview"
        up = f"environment:{name}-infrastructure"
        may_build = [people(site.account, settings.people), github(site.account, repository, up)]
        self._role("infrastructure", may_build, building(site))
        self._role("preview", [github(site.account, repository, preview)], previewing(site))
        self.register_outputs({})

    def _role(self, duty: str, trusted: list[dict[str, object]], statements: tuple[Statement, ...]) -> None:
        named = f"axonflow-{duty}-{self._environment}"
        logical = f"{self._environment}-{duty}"
        role = aws.iam.Role(
            logical,
            name=named,
            description=f"pulumi {'up' if duty == 'infrastructure' else 'preview'} of {self._environment}",
            assume_role_policy=trust(*trusted),
            max_session_duration=SESSION_SECONDS,
            opts=self.child(depends_on=[self._github]),
        )
        policy = aws.iam.Policy(
            logical, name=named, description=role.description, policy=managed_policy(*statements), opts=self.child()
        )
        aws.iam.RolePolicyAttachment(logical, role=role.name, policy_arn=policy.arn, opts=self.child())
