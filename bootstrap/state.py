"""The bucket of a stack's state, and the key of its secrets. The account and each environment have their own, so that no role
of one environment reaches the other's."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.core.secure_bucket import secure_bucket

ALIAS = "alias/axonflow-pulumi"
"""The account's key, as `pulumi stack init --secrets-provider awskms://alias/axonflow-pulumi` names it. An environment's ends
with its name: `alias/axonflow-pulumi-staging`."""
DELETION_DAYS = 30
"""How long the deletion of the key can be cancelled; without the key no secret of any stack can be read."""

VERSION_DAYS = 365
"""How long a former version of the state is kept; each update makes some."""


def bucket_of(account_bucket: str, environment: str) -> str:
    """The name of an environment's bucket, after the account's."""
    return f"{account_bucket}-{environment}"


class State(Component):
    """A versioned private bucket, and a key."""

    TYPE = "axonflow:bootstrap:State"

    bucket: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, bucket: str, whose: str = "", opts: pulumi.ResourceOptions | None = None) -> None:
        """`whose` is the environment; empty for the account's own."""
        super().__init__(name, opts)
        key = aws.kms.Key(
            name,
            description=f"Secrets and state of AxonFlow's Pulumi stack {whose or 'account'}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            opts=self.child(protect=True),
        )
        aws.kms.Alias(name, name=f"{ALIAS}-{whose}" if whose else ALIAS, target_key_id=key.key_id, opts=self.child())
        made = aws.s3.Bucket(name, bucket=bucket, opts=self.child(protect=True))
        self.bucket, self.key_arn = self._secure(name, made, key), key.arn
        self.register_outputs({"bucket": self.bucket})

    def _secure(self, name: str, bucket: aws.s3.Bucket, key: aws.kms.Key) -> pulumi.Output[str]:
        """Earlier versions of the state can be restored for a while (Security Hub S3.14, S3.13)."""
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire-former-versions",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                        noncurrent_days=VERSION_DAYS
                    ),
                )
            ],
            opts=self.child(depends_on=[versioning]),
        )
        return secure_bucket(name, bucket, self.child(), key.arn)
