"""Rules about buckets."""

from __future__ import annotations

from infra.rules.model import Finding, Resource, Rule, Stack, document, must_be, protected

_BUCKET = "aws:s3/bucket:Bucket"
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"

_ALL = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def _never_public(resource: Resource, stack: Stack) -> Finding:
    blocks = [block for block in stack.of(_BLOCK) if block.name == resource.name]
    return None if blocks and all(blocks[0].inputs.get(part) is True for part in _ALL) else "may be made public"


def _encrypted(resource: Resource, stack: Stack) -> Finding:
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    return None if any(item.name == resource.name for item in stack.of(kind)) else "does not say how it encrypts"


def _forgets(resource: Resource, stack: Stack) -> Finding:
    kind = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    return None if any(item.name == resource.name for item in stack.of(kind)) else "keeps what it holds for ever"


def _encrypted_on_the_way(resource: Resource, stack: Stack) -> Finding:
    found = document(resource.inputs.get("policy"))
    if found is None:
        return None
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    denied = [item for item in found["Statement"] if item["Effect"] == "Deny" and item.get("Condition") == plain]
    return None if denied else "lets requests in without encryption"


RULES = (
    must_be("balancer-logs", "ELB.5", "aws:lb/loadBalancer:LoadBalancer", "accessLogs.enabled", True),
    Rule("bucket-never-public", "S3.8", _BUCKET, _never_public),
    Rule("bucket-encrypted", "S3.17", _BUCKET, _encrypted),
    Rule("bucket-forgets", "S3.13", _BUCKET, _forgets),
    Rule("bucket-encrypted-on-the-way", "S3.5", _POLICY, _encrypted_on_the_way),
    protected("bucket-protected", "the record of an incident went with the stack", _BUCKET),
)
