"""What every bucket has: encryption, no public access, no request without TLS."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from infra.core.arns import POLICY_VERSION


def secure_bucket(
    name: str,
    bucket: aws.s3.Bucket,
    opts: pulumi.ResourceOptions,
    key_arn: pulumi.Input[str] | None = None,
    *,
    allow: Sequence[dict[str, object]] = (),
) -> pulumi.Output[str]:
    """Block public access to a bucket (Security Hub S3.8), deny requests without TLS (S3.5), and encrypt its objects: with the
    key (S3.17), or with one of Amazon S3's own. `allow` are further statements of its policy.

    Returns the bucket's name, known once the policy is in force.
    """
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
    policy = aws.s3.BucketPolicy(name, bucket=bucket.id, policy=_policy(bucket.arn, allow), opts=opts)
    return pulumi.Output.all(bucket.bucket, policy.id).apply(lambda values: str(values[0]))


def _policy(bucket_arn: pulumi.Output[str], allow: Sequence[dict[str, object]]) -> pulumi.Output[str]:
    encrypted = {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return pulumi.Output.json_dumps({"Version": POLICY_VERSION, "Statement": [*allow, encrypted]})
