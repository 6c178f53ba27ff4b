"""The ECR repository of a service's images."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.service.lifecycle import lifecycle_policy
from infra.service.settings import RegistrySettings


@dataclass(frozen=True, kw_only=True)
class RepositoryArgs:
    """The repository's name on AWS, and the retention of unreleased images."""

    repository: str
    settings: RegistrySettings
    protect: bool


class Repository(Component):
    """An ECR repository with immutable tags."""

    TYPE = "axonflow:platform:Repository"

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    """Registry host and name, without tag."""

    def __init__(self, name: str, args: RepositoryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        repository = aws.ecr.Repository(
            name,
            name=args.repository,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            force_delete=not args.protect,
            opts=self.child(protect=args.protect),
        )
        aws.ecr.LifecyclePolicy(name, repository=repository.name, policy=lifecycle_policy(args.settings), opts=self.child())
        self.arn = repository.arn
        self.url = repository.repository_url
        self.register_outputs({"url": self.url})
