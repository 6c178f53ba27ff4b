"""What all buckets of ours are: encrypted, and public in no way."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws


def close(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions, key_arn: pulumi.Input[str] | None = None) -> None:
    """Let nothing of a bucket ever be public (Security Hub S3.8), and encrypt what comes in: with the key (S3.17), or with
    Amazon S3's own."""
    with_key = {"sse_algorithm": "AES256"} if key_arn is None else {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn}
    encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(**with_key)
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
