"""Tags: every AWS service has its own calls for the same thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.provider.aws import Aws, or_none

Tags = Mapping[str, str]


def pairs(tags: Tags) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def lower_pairs(tags: Tags) -> list[dict[str, str]]:
    """Tags as ECS takes them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]


def from_pairs(tags: list[dict[str, str]]) -> dict[str, str]:
    """Either kind of list as a mapping; AWS's own tags are left out, as the real provider does."""
    found = {(item.get("Key") or item["key"]): item.get("Value", item.get("value", "")) for item in tags}
    return {key: value for key, value in sorted(found.items()) if not key.startswith("aws:")}


@dataclass(frozen=True)
class Tagger:
    """How one service reads, adds and removes tags. The string is the ARN or id that its calls want."""

    by_arn: bool
    read: Callable[[Aws, str], dict[str, str]]
    add: Callable[[Aws, str, Tags], Any]
    remove: Callable[[Aws, str, list[str]], Any]

    def change(self, aws: Aws, key: str, old: Tags, new: Tags) -> None:
        """Bring the tags of a thing from one set to the other."""
        gone = sorted(set(old) - set(new))
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        if gone:
            self.remove(aws, key, gone)
        if changed:
            self.add(aws, key, changed)


EC2 = Tagger(
    False,
    lambda aws, key: from_pairs(aws("ec2").describe_tags(Filters=[{"Name": "resource-id", "Values": [key]}])["Tags"]),
    lambda aws, key, tags: aws("ec2").create_tags(Resources=[key], Tags=pairs(tags)),
    lambda aws, key, names: aws("ec2").delete_tags(Resources=[key], Tags=[{"Key": name} for name in names]),
)
ELB = Tagger(
    True,
    lambda aws, key: from_pairs(aws("elbv2").describe_tags(ResourceArns=[key])["TagDescriptions"][0]["Tags"]),
    lambda aws, key, tags: aws("elbv2").add_tags(ResourceArns=[key], Tags=pairs(tags)),
    lambda aws, key, names: aws("elbv2").remove_tags(ResourceArns=[key], TagKeys=names),
)
_LIST = ("list_tags_for_resource", "tag_resource", "untag_resource")
"""What most services call the reading, adding and removing of tags."""
_LIST_ADD = ("list_tags_for_resource", "add_tags_to_resource", "remove_tags_from_resource")


@dataclass(frozen=True)
class _Form:
    """How tags stand in an answer, and how a service takes those to add and to remove."""

    read: Callable[[Any], dict[str, str]]
    add: Callable[[Tags], Mapping[str, Any]]
    remove: Callable[[list[str]], Mapping[str, Any]]


_PAIRS = _Form(lambda found: from_pairs(found["Tags"]), lambda tags: {"Tags": pairs(tags)}, lambda names: {"TagKeys": names})
_TAG_LIST = replace(_PAIRS, read=lambda found: from_pairs(found["TagList"]))
_MAPPING = replace(_PAIRS, read=lambda found: dict(sorted(found["Tags"].items())), add=lambda tags: {"Tags": dict(tags)})
_LOWER = _Form(
    lambda found: from_pairs(found["tags"]), lambda tags: {"tags": lower_pairs(tags)}, lambda names: {"tagKeys": names}
)
_ECR = replace(_LOWER, add=lambda tags: {"tags": pairs(tags)})
_LOGS = replace(_LOWER, read=lambda found: dict(sorted(found["tags"].items())), add=lambda tags: {"tags": dict(tags)})
_ACM = replace(_PAIRS, remove=lambda names: {"Tags": [{"Key": name} for name in names]})
_WAFV2 = replace(_PAIRS, read=lambda found: from_pairs(found["TagInfoForResource"]["TagList"]))
_SECRETS = replace(_PAIRS, read=lambda found: from_pairs(found.get("Tags", [])))
_KMS = replace(
    _PAIRS,
    read=lambda found: dict(sorted((tag["TagKey"], tag["TagValue"]) for tag in found["Tags"])),
    add=lambda tags: {"Tags": [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]},
)


def _tagger(service: str, calls: tuple[str, str, str], key: str, form: _Form = _PAIRS, *, by_arn: bool = True) -> Tagger:
    """A tagger by the names of the service's calls and of their parameter that takes the ARN or id."""
    read, add, remove = calls
    return Tagger(
        by_arn,
        lambda aws, value: form.read(getattr(aws(service), read)(**{key: value})),
        lambda aws, value, tags: getattr(aws(service), add)(**{key: value}, **form.add(tags)),
        lambda aws, value, names: getattr(aws(service), remove)(**{key: value}, **form.remove(names)),
    )


ECS = _tagger("ecs", _LIST, "resourceArn", _LOWER)
ECR = _tagger("ecr", _LIST, "resourceArn", _ECR)
IAM_ROLE = _tagger("iam", ("list_role_tags", "tag_role", "untag_role"), "RoleName", by_arn=False)
IAM_POLICY = _tagger("iam", ("list_policy_tags", "tag_policy", "untag_policy"), "PolicyArn")
IAM_OIDC = _tagger(
    "iam",
    ("list_open_id_connect_provider_tags", "tag_open_id_connect_provider", "untag_open_id_connect_provider"),
    "OpenIDConnectProviderArn",
)
LOGS = _tagger("logs", _LIST, "resourceArn", _LOGS)
ACM = _tagger(
    "acm", ("list_tags_for_certificate", "add_tags_to_certificate", "remove_tags_from_certificate"), "CertificateArn", _ACM
)
WAFV2 = _tagger("wafv2", _LIST, "ResourceARN", _WAFV2)
AUTOSCALING = _tagger("application-autoscaling", _LIST, "ResourceARN", _MAPPING)
DYNAMODB = _tagger("dynamodb", ("list_tags_of_resource", "tag_resource", "untag_resource"), "ResourceArn")
SECRETS_MANAGER = _tagger(
    "secretsmanager", ("describe_secret", "tag_resource", "untag_resource"), "SecretId", _SECRETS, by_arn=False
)
KMS = _tagger("kms", ("list_resource_tags", "tag_resource", "untag_resource"), "KeyId", _KMS, by_arn=False)
CLOUDWATCH = _tagger("cloudwatch", _LIST, "ResourceARN")
EVENTS = _tagger("events", _LIST, "ResourceARN")
SNS = _tagger("sns", _LIST, "ResourceArn")
RDS = _tagger("rds", _LIST_ADD, "ResourceName", _TAG_LIST)
ELASTICACHE = _tagger("elasticache", _LIST_ADD, "ResourceName", _TAG_LIST)
SSM_PARAMETER = Tagger(
    False,
    lambda aws, key: from_pairs(aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=key)["TagList"]),
    lambda aws, key, tags: aws("ssm").add_tags_to_resource(ResourceType="Parameter", ResourceId=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("ssm").remove_tags_from_resource(ResourceType="Parameter", ResourceId=key, TagKeys=names),
)


def _bucket_tags(aws: Aws, bucket: str) -> dict[str, str]:
    found = or_none(lambda: aws("s3").get_bucket_tagging(Bucket=bucket))
    return from_pairs(found["TagSet"]) if found else {}


def _set_bucket_tags(aws: Aws, bucket: str, tags: Tags) -> None:
    """S3 knows no tag by itself: all of a bucket's are written at once."""
    aws("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs(tags)})


S3_BUCKET = Tagger(
    False,
    _bucket_tags,
    lambda aws, key, tags: _set_bucket_tags(aws, key, {**_bucket_tags(aws, key), **tags}),
    lambda aws, key, names: _set_bucket_tags(
        aws, key, {name: value for name, value in _bucket_tags(aws, key).items() if name not in names}
    ),
)
