"""Checks of buckets."""

from __future__ import annotations

from infra.policy_checks.model import Finding, PolicyCheck, Resource, Stack, document, must_be, protected

_BUCKET = "aws:s3/bucket:Bucket"
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"

_ALL = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _blocks_public_access(resource: Resource, stack: Stack) -> Finding:
    blocks = [block for block in stack.of(_BLOCK) if block.name == resource.name]
    return None if blocks and all(blocks[0].inputs.get(part) is True for part in _ALL) else "can become public"


def _encrypted(resource: Resource, stack: Stack) -> Finding:
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    return None if any(item.name == resource.name for item in stack.of(kind)) else "has no encryption configuration"


def _expires(resource: Resource, stack: Stack) -> Finding:
    kind = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    return None if any(item.name == resource.name for item in stack.of(kind)) else "has no lifecycle configuration"


def _requires_tls(resource: Resource, stack: Stack) -> Finding:
    found = document(resource.inputs.get("policy"))
    if found is None:
        return None
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    denied = [item for item in found["Statement"] if item["Effect"] == "Deny" and item.get("Condition") == plain]
    return None if denied else "accepts requests without TLS"


CHECKS = (
    must_be("load-balancer-access-logs", "ELB.5", "aws:lb/loadBalancer:LoadBalancer", "accessLogs.enabled", True),
    PolicyCheck("bucket-public-access-block", "S3.8", _BUCKET, _blocks_public_access),
    PolicyCheck("bucket-encrypted", "S3.17", _BUCKET, _encrypted),
    PolicyCheck("bucket-lifecycle", "S3.13", _BUCKET, _expires),
    PolicyCheck("bucket-requires-tls", "S3.5", _POLICY, _requires_tls),
    protected("bucket-protected", "the logs of an incident were deleted with the stack", _BUCKET),
)
