"""What holds logs for long: S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.system.e2e.readers.model import Client, Live, Reader, camel, tags

Inputs = Mapping[str, Any]


def bucket(client: Client, identifier: str, inputs: Inputs) -> Live:
    return {"bucket": identifier, "tagsAll": tags(client("s3").get_bucket_tagging(Bucket=identifier)["TagSet"])}


def encryption(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("s3").get_bucket_encryption(Bucket=identifier)["ServerSideEncryptionConfiguration"]["Rules"]
    rules = [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]},
            "bucketKeyEnabled": rule["BucketKeyEnabled"],
        }
        for rule in found
    ]
    return {"bucket": identifier, "rules": rules}


def public_access(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("s3").get_public_access_block(Bucket=identifier)["PublicAccessBlockConfiguration"]
    return {"bucket": identifier, **camel(found)}


def policy(client: Client, identifier: str, inputs: Inputs) -> Live:
    return {"bucket": identifier, "policy": client("s3").get_bucket_policy(Bucket=identifier)["Policy"]}


def lifecycle(client: Client, identifier: str, inputs: Inputs) -> Live:
    found = client("s3").get_bucket_lifecycle_configuration(Bucket=identifier)["Rules"]
    return {"bucket": identifier, "rules": [{**camel(rule), "id": rule["ID"]} for rule in found]}


READERS: Mapping[str, Reader] = {
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": encryption,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": public_access,
    "aws:s3/bucketPolicy:BucketPolicy": policy,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": lifecycle,
}
