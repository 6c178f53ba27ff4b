"""The ARNs of one environment's resources, made from their names: a policy that has them reaches no other environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from appdeploy.model.contract import Promotion
from infra.core.names import Names

Arn = pulumi.Output[str]
POLICY_VERSION = "2012-10-17"
"""Of the language of policies (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html)."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentArns:
    """One environment in one account and region.

    Resources that exist once for each service are listed service by service: a pattern such as `axonflow-prod-*` would
    match an environment `prod-eu` as well.
    """

    names: Names
    region: str
    account: pulumi.Input[str]
    services: Sequence[str]
    """Short names, as in `agent`."""
    promotion: Promotion | None = None
    """Where images have to have been live before."""

    def arn(self, service: str, resource: str) -> Arn:
        """Of a resource in the region; `service` as in the ARN."""
        return pulumi.Output.concat(f"arn:aws:{service}:{self.region}:", self.account, f":{resource}")

    def role(self, name: str) -> Arn:
        """Of a role, or of the roles that a pattern names."""
        return pulumi.Output.concat("arn:aws:iam::", self.account, f":role/{name}")

    @property
    def cluster(self) -> Arn:
        return self.arn("ecs", f"cluster/{self.names.cluster}")

    def in_cluster(self, *kinds: str) -> list[Arn]:
        """Everything of these kinds in the cluster: `service`, `task`, `service-deployment`, `service-revision`."""
        return [self.arn("ecs", f"{kind}/{self.names.cluster}/*") for kind in kinds]

    def service(self, service: str) -> Arn:
        return self.arn("ecs", f"service/{self.names.cluster}/{self.names.service(service)}")

    def revisions(self, family: str) -> Arn:
        """Every revision of a family."""
        return self.arn("ecs", f"task-definition/{family}:*")

    @property
    def families(self) -> list[Arn]:
        """The families that releases register; the templates are not among them."""
        return [self.revisions(self.names.family(service)) for service in self.services]

    @property
    def repositories(self) -> list[Arn]:
        return [self.arn("ecr", f"repository/{self.names.repository(service)}") for service in self.services]

    @property
    def task_roles(self) -> list[Arn]:
        """The task and execution roles of the services."""
        return [self.role(self.names.role(service, kind)) for service in self.services for kind in ("task", "execution")]

    @property
    def table(self) -> Arn:
        return self.arn("dynamodb", f"table/{self.names.releases_table}")

    @property
    def indexes(self) -> Arn:
        return self.arn("dynamodb", f"table/{self.names.releases_table}/index/*")

    @property
    def log_groups(self) -> list[Arn]:
        return [self.arn("logs", f"log-group:{self.names.log_group(service)}") for service in self.services]

    @property
    def log_streams(self) -> list[Arn]:
        """Of all tasks of the services."""
        groups = (self.names.log_group(service) for service in self.services)
        return [self.arn("logs", f"log-group:{group}:log-stream:*") for group in groups]

    def parameters(self, path: str) -> list[Arn]:
        """A path of parameters and everything below it."""
        stem = f"parameter/axonflow/{self.names.environment}/{path}"
        return [self.arn("ssm", stem), self.arn("ssm", f"{stem}/*")]
