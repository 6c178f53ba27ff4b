"""Buckets, keys' names and identity providers: made, changed, read back and removed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.provider.types.kms import Key
from sandbox.provider.types.kms_alias import Alias
from sandbox.provider.types.oidc import OpenIdConnectProvider
from sandbox.provider.types.s3 import (
    Bucket,
    BucketEncryption,
    BucketLifecycle,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketVersioning,
)
from tests.support.inprocess_aws import InProcessAws, Made

NAME = "account-types"
KEYS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@pytest.fixture
def bucket(aws: InProcessAws) -> Iterator[Made]:
    made = aws.make(Bucket(), bucket=NAME, tags={"a": "1"})
    yield made
    made.delete()


def test_a_bucket_and_its_tags(bucket: Made) -> None:
    assert bucket.live == bucket.inputs
    bucket.change(tags={"b": "2"})
    assert (bucket.live or {})["tagsAll"] == {"Environment": "test", "b": "2"}


def test_a_bucket_that_is_gone_is_seen_to_be(aws: InProcessAws) -> None:
    made = aws.make(Bucket(), bucket=f"{NAME}-gone")
    made.delete()
    assert made.live is None


def test_versioning_is_read_back_and_only_ever_suspended(aws: InProcessAws, bucket: Made) -> None:
    made = aws.make(BucketVersioning(), bucket=NAME, versioningConfiguration={"status": "Enabled"})
    assert made.live == made.inputs
    made.delete()
    assert (made.live or {})["versioningConfiguration"] == {"status": "Suspended"}


def test_encryption_is_read_back(aws: InProcessAws, bucket: Made) -> None:
    plain = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}
    by_key = {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "key"},
        "bucketKeyEnabled": True,
    }
    made = aws.make(BucketEncryption(), bucket=NAME, rules=[plain])
    assert made.live == made.inputs
    made.change(rules=[by_key])
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_a_bucket_goes_with_what_is_in_it_where_the_program_says_so(aws: InProcessAws) -> None:
    made = aws.make(Bucket(), bucket=f"{NAME}-full", forceDestroy=True)
    aws("s3").put_object(Bucket=f"{NAME}-full", Key="AWSLogs/one", Body=b"a request")
    made.delete()
    assert made.live is None


def test_a_policy_is_read_back(aws: InProcessAws, bucket: Made) -> None:
    allowed = {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{NAME}/*"}
    made = aws.make(BucketPolicy(), bucket=NAME, policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_a_lifecycle_is_read_back(aws: InProcessAws, bucket: Made) -> None:
    rule = {"id": "forget", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 14}}
    made = aws.make(BucketLifecycle(), bucket=NAME, rules=[rule])
    assert made.live == made.inputs
    made.change(rules=[{**rule, "expiration": {"days": 30}}])
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_the_public_access_block_is_read_back_part_by_part(aws: InProcessAws, bucket: Made) -> None:
    made = aws.make(BucketPublicAccessBlock(), bucket=NAME, **dict.fromkeys(KEYS, True))
    assert made.live == made.inputs
    made.change(blockPublicPolicy=False)
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_a_keys_name_can_be_given_to_another_key(aws: InProcessAws) -> None:
    first, second = (aws.make(Key(), description=name, enableKeyRotation=True) for name in ("first", "second"))
    made = aws.make(Alias(), name="alias/account-types", targetKeyId=first.id)
    assert made.live == made.inputs
    made.change(targetKeyId=second.id)
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_an_identity_provider(aws: InProcessAws) -> None:
    made = aws.make(OpenIdConnectProvider(), url="https://token.example.com", clientIdLists=["sts.amazonaws.com"])
    assert made.live == made.inputs
    made.delete()
    assert made.live is None
