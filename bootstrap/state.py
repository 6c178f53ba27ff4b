"""The bucket of Pulumi's state, and the key of its secrets."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from infra.core.component import Component
from infra.core.secure_bucket import secure_bucket

ALIAS = "alias/axonflow-pulumi"
"""As `pulumi stack init --secrets-provider awskms://alias/axonflow-pulumi` names it."""
DELETION_DAYS = 30
"""How long the deletion of the key can be cancelled; without the key no secret of any stack can be read."""


class State(Component):
    """A versioned private bucket, and a key."""

    TYPE = "axonflow:bootstrap:State"

    bucket: pulumi.Output[str]
    key_arn: pulumi.Output[str]

    def __init__(self, name: str, bucket: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        key = aws.kms.Key(
            name,
            description="Secrets and state of AxonFlow's Pulumi stacks",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            opts=self.child(protect=True),
        )
        aws.kms.Alias(name, name=ALIAS, target_key_id=key.key_id, opts=self.child())
        made = aws.s3.Bucket(name, bucket=bucket, opts=self.child(protect=True))
        self._secure(name, made, key)
        self.bucket, self.key_arn = made.bucket, key.arn
        self.register_outputs({"bucket": self.bucket})

    def _secure(self, name: str, bucket: aws.s3.Bucket, key: aws.kms.Key) -> None:
        """Earlier versions of the state can be restored (Security Hub S3.14)."""
        aws.s3.BucketVersioning(
            name,
            bucket=bucket.id,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=self.child(),
        )
        secure_bucket(name, bucket, self.child(), key.arn)
