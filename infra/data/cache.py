"""The cache: Redis 7 on ElastiCache, with TLS and an AUTH token."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.core.dependency import Dependency
from infra.data.database import MAINTENANCE_WINDOW, RECOVERY_DAYS
from infra.data.settings import CacheSettings
from infra.data.store import StoreArgs

PORT = 6379
VERSION = "7.1"
PARAMETERS = "default.redis7"
TOKEN_LENGTH = 64
"""16 to 128 characters are allowed (docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html)."""
SNAPSHOT_WINDOW = "00:30-01:30"


@dataclass(frozen=True, kw_only=True)
class CacheArgs(StoreArgs):
    """Subnets and size of the cache."""

    settings: CacheSettings


class Cache(Component):
    """One shard, and the secret that holds the address with the token in it."""

    TYPE = "axonflow:platform:Cache"

    dependency: Dependency

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        group = aws.ec2.SecurityGroup(name, description=f"Cache of {args.names.stack}", vpc_id=args.vpc_id, opts=self.child())
        redis = self._replication_group(group)
        secret = self._url_secret(redis)
        self.dependency = Dependency(
            name=name,
            port=PORT,
            security_group_id=group.id,
            environment={},
            secrets={"REDIS_URL": secret.arn},
            secret_arn=secret.arn,
        )
        self.register_outputs({})

    def _replication_group(self, group: aws.ec2.SecurityGroup) -> aws.elasticache.ReplicationGroup:
        args, settings = self._args, self._args.settings
        return aws.elasticache.ReplicationGroup(
            self._name,
            replication_group_id=args.names.cache,
            description=f"Cache of {args.names.stack}",
            engine="redis",
            engine_version=VERSION,
            parameter_group_name=PARAMETERS,
            node_type=settings.node_type,
            port=PORT,
            num_node_groups=1,
            replicas_per_node_group=settings.replicas,
            automatic_failover_enabled=settings.replicas > 0,
            multi_az_enabled=settings.replicas > 0,
            subnet_group_name=self._subnet_group().name,
            security_group_ids=[group.id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            auth_token=_new_token(),
            snapshot_retention_limit=settings.snapshot_days,
            snapshot_window=SNAPSHOT_WINDOW,
            maintenance_window=MAINTENANCE_WINDOW,
            auto_minor_version_upgrade=True,
            apply_immediately=settings.changes == "now",
            final_snapshot_identifier=args.final_snapshot(args.names.cache, group.id),
            # Every run of the program generates a token; the first one is kept.
            opts=self.child(protect=args.protect, ignore_changes=["authToken"]),
        )

    def _subnet_group(self) -> aws.elasticache.SubnetGroup:
        return aws.elasticache.SubnetGroup(
            self._name,
            name=self._args.names.cache,
            description="Isolated subnets",
            subnet_ids=self._args.subnet_ids,
            opts=self.child(),
        )

    def _url_secret(self, redis: aws.elasticache.ReplicationGroup) -> aws.secretsmanager.Secret:
        """The token in it is the replication group's own, from Pulumi's encrypted state: the two always agree, even
        when an update fails between them."""
        secret = aws.secretsmanager.Secret(
            f"{self._name}-url",
            name=self._args.names.secret("cache"),
            description="REDIS_URL of the services, with the token; written by the infrastructure program",
            recovery_window_in_days=0 if self._args.disposable else RECOVERY_DAYS,
            opts=self.child(protect=self._args.protect),
        )
        # A secret output, because the token is one.
        token = redis.auth_token.apply(str)
        url = pulumi.Output.concat("rediss://:", token, "@", redis.primary_endpoint_address, f":{PORT}/0")
        aws.secretsmanager.SecretVersion(f"{self._name}-url", secret_id=secret.id, secret_string=url, opts=self.child())
        return secret


def _new_token() -> pulumi.Output[str]:
    """Letters and digits alone: it becomes part of a URL."""
    generated = aws.secretsmanager.get_random_password_output(password_length=TOKEN_LENGTH, exclude_punctuation=True)
    return pulumi.Output.secret(generated.random_password)
