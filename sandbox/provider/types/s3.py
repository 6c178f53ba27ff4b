"""S3 buckets and how they are guarded."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType
from sandbox.provider.shape import LEAF

_BLOCKED = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class Bucket(ResourceType):
    """Its id is its name."""

    token = "aws:s3/bucket:Bucket"
    inputs = {"bucket": LEAF, "forceDestroy": LEAF}
    tagger = tagging.S3_BUCKET

    def create(self, aws: Aws, inputs: Properties) -> str:
        where = {"LocationConstraint": aws.region}
        aws("s3").create_bucket(Bucket=inputs["bucket"], CreateBucketConfiguration=where)
        tagging.S3_BUCKET.change(aws, inputs["bucket"], {}, inputs["tagsAll"])
        return str(inputs["bucket"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").head_bucket(Bucket=identifier))
        return None if found is None else {"arn": f"arn:aws:s3:::{identifier}", "bucket": identifier}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        if state.get("forceDestroy"):
            for page in aws("s3").get_paginator("list_objects_v2").paginate(Bucket=identifier):
                for found in page.get("Contents", []):
                    aws("s3").delete_object(Bucket=identifier, Key=found["Key"])
        aws("s3").delete_bucket(Bucket=identifier)


class BucketVersioning(ResourceType):
    """Its id is the bucket's name."""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    inputs = {"bucket": LEAF, "versioningConfiguration": {"status": LEAF}}

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["bucket"], {}, inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        status = new["versioningConfiguration"]["status"]
        aws("s3").put_bucket_versioning(Bucket=identifier, VersioningConfiguration={"Status": status})

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").get_bucket_versioning(Bucket=identifier))
        if found is None or "Status" not in found:
            return None
        return {"bucket": identifier, "versioningConfiguration": {"status": found["Status"]}}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        # It cannot be taken back, only halted.
        aws("s3").put_bucket_versioning(Bucket=identifier, VersioningConfiguration={"Status": "Suspended"})


class BucketEncryption(DeletedById):
    """Its id is the bucket's name."""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    inputs = {
        "bucket": LEAF,
        "rules": {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": LEAF, "kmsMasterKeyId": LEAF},
            "bucketKeyEnabled": LEAF,
        },
    }
    delete_call = "s3", "delete_bucket_encryption", "Bucket"

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["bucket"], {}, inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        rules = []
        for rule in new["rules"]:
            default = rule["applyServerSideEncryptionByDefault"]
            key = {"KMSMasterKeyID": default["kmsMasterKeyId"]} if "kmsMasterKeyId" in default else {}
            applied = {"SSEAlgorithm": default["sseAlgorithm"], **key}
            enabled = rule.get("bucketKeyEnabled", False)
            rules.append({"ApplyServerSideEncryptionByDefault": applied, "BucketKeyEnabled": enabled})
        aws("s3").put_bucket_encryption(Bucket=identifier, ServerSideEncryptionConfiguration={"Rules": rules})

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").get_bucket_encryption(Bucket=identifier))
        if found is None:
            return None
        rules = []
        for rule in found["ServerSideEncryptionConfiguration"]["Rules"]:
            default = rule["ApplyServerSideEncryptionByDefault"]
            applied = {"sseAlgorithm": default["SSEAlgorithm"], "kmsMasterKeyId": default.get("KMSMasterKeyID", "")}
            rules.append({"applyServerSideEncryptionByDefault": applied, "bucketKeyEnabled": _flag(rule["BucketKeyEnabled"])})
        return {"bucket": identifier, "rules": rules}


class BucketPublicAccessBlock(DeletedById):
    """Its id is the bucket's name."""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    inputs = {"bucket": LEAF, **dict.fromkeys(_BLOCKED, LEAF)}
    delete_call = "s3", "delete_public_access_block", "Bucket"

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["bucket"], {}, inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        blocked = {name: bool(new.get(key)) for key, name in _BLOCKED.items()}
        aws("s3").put_public_access_block(Bucket=identifier, PublicAccessBlockConfiguration=blocked)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").get_public_access_block(Bucket=identifier))
        if found is None:
            return None
        blocked = found["PublicAccessBlockConfiguration"]
        return {"bucket": identifier, **{key: _flag(blocked[name]) for key, name in _BLOCKED.items()}}


class BucketPolicy(DeletedById):
    """Its id is the bucket's name."""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    inputs = {"bucket": LEAF, "policy": LEAF}
    delete_call = "s3", "delete_bucket_policy", "Bucket"

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["bucket"], {}, inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("s3").put_bucket_policy(Bucket=identifier, Policy=new["policy"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").get_bucket_policy(Bucket=identifier))
        return found and {"bucket": identifier, "policy": found["Policy"]}


class BucketLifecycle(DeletedById):
    """Its id is the bucket's name."""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    inputs = {
        "bucket": LEAF,
        "rules": {
            "id": LEAF,
            "status": LEAF,
            "filter": {"prefix": LEAF},
            "expiration": {"days": LEAF},
            "noncurrentVersionExpiration": {"noncurrentDays": LEAF},
        },
    }
    delete_call = "s3", "delete_bucket_lifecycle", "Bucket"

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, inputs["bucket"], {}, inputs)
        return str(inputs["bucket"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        rules = [self._sent(rule) for rule in new["rules"]]
        aws("s3").put_bucket_lifecycle_configuration(Bucket=identifier, LifecycleConfiguration={"Rules": rules})

    def _sent(self, rule: Properties) -> Properties:
        sent = {"ID": rule["id"], "Status": rule["status"], "Filter": {"Prefix": rule["filter"]["prefix"]}}
        if rule.get("expiration"):
            sent["Expiration"] = {"Days": int(rule["expiration"]["days"])}
        if former := rule.get("noncurrentVersionExpiration"):
            sent["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(former["noncurrentDays"])}
        return sent

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("s3").get_bucket_lifecycle_configuration(Bucket=identifier))
        return found and {"bucket": identifier, "rules": [self._rule(rule) for rule in found["Rules"]]}

    def _rule(self, rule: Properties) -> Properties:
        made = {"id": rule["ID"], "status": rule["Status"], "filter": {"prefix": rule["Filter"].get("Prefix", "")}}
        if "Expiration" in rule:
            made["expiration"] = {"days": rule["Expiration"]["Days"]}
        if former := rule.get("NoncurrentVersionExpiration"):
            made["noncurrentVersionExpiration"] = {"noncurrentDays": former["NoncurrentDays"]}
        return made


def _flag(value: object) -> bool:
    """moto answers some of them as text."""
    return str(value).lower() == "true"
