"""Encryption and public access block of a bucket."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def secure_bucket(
    name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions, key_arn: pulumi.Input[str] | None = None
) -> None:
    """Block public access to a bucket (Security Hub S3.8), and encrypt its objects: with the key (S3.17), or with one of
    Amazon S3's own."""
    default = {"sse_algorithm": "AES256"} if key_arn is None else {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn}
    encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(**default)
    rule = aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=encryption, bucket_key_enabled=key_arn is not None
    )
    aws.s3.BucketServerSideEncryptionConfiguration(name, bucket=bucket.id, rules=[rule], opts=opts)
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
