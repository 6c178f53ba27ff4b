"""Tags: every AWS service has its own calls for the same thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
ECS = Tagger(
    True,
    lambda aws, key: from_pairs(aws("ecs").list_tags_for_resource(resourceArn=key)["tags"]),
    lambda aws, key, tags: aws("ecs").tag_resource(resourceArn=key, tags=lower_pairs(tags)),
    lambda aws, key, names: aws("ecs").untag_resource(resourceArn=key, tagKeys=names),
)
ECR = Tagger(
    True,
    lambda aws, key: from_pairs(aws("ecr").list_tags_for_resource(resourceArn=key)["tags"]),
    lambda aws, key, tags: aws("ecr").tag_resource(resourceArn=key, tags=pairs(tags)),
    lambda aws, key, names: aws("ecr").untag_resource(resourceArn=key, tagKeys=names),
)
IAM_ROLE = Tagger(
    False,
    lambda aws, key: from_pairs(aws("iam").list_role_tags(RoleName=key)["Tags"]),
    lambda aws, key, tags: aws("iam").tag_role(RoleName=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("iam").untag_role(RoleName=key, TagKeys=names),
)
IAM_POLICY = Tagger(
    True,
    lambda aws, key: from_pairs(aws("iam").list_policy_tags(PolicyArn=key)["Tags"]),
    lambda aws, key, tags: aws("iam").tag_policy(PolicyArn=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("iam").untag_policy(PolicyArn=key, TagKeys=names),
)
IAM_OIDC = Tagger(
    True,
    lambda aws, key: from_pairs(aws("iam").list_open_id_connect_provider_tags(OpenIDConnectProviderArn=key)["Tags"]),
    lambda aws, key, tags: aws("iam").tag_open_id_connect_provider(OpenIDConnectProviderArn=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("iam").untag_open_id_connect_provider(OpenIDConnectProviderArn=key, TagKeys=names),
)
LOGS = Tagger(
    True,
    lambda aws, key: dict(sorted(aws("logs").list_tags_for_resource(resourceArn=key)["tags"].items())),
    lambda aws, key, tags: aws("logs").tag_resource(resourceArn=key, tags=dict(tags)),
    lambda aws, key, names: aws("logs").untag_resource(resourceArn=key, tagKeys=names),
)
ACM = Tagger(
    True,
    lambda aws, key: from_pairs(aws("acm").list_tags_for_certificate(CertificateArn=key)["Tags"]),
    lambda aws, key, tags: aws("acm").add_tags_to_certificate(CertificateArn=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("acm").remove_tags_from_certificate(CertificateArn=key, Tags=[{"Key": name} for name in names]),
)
WAFV2 = Tagger(
    True,
    lambda aws, key: from_pairs(aws("wafv2").list_tags_for_resource(ResourceARN=key)["TagInfoForResource"]["TagList"]),
    lambda aws, key, tags: aws("wafv2").tag_resource(ResourceARN=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("wafv2").untag_resource(ResourceARN=key, TagKeys=names),
)
AUTOSCALING = Tagger(
    True,
    lambda aws, key: dict(sorted(aws("application-autoscaling").list_tags_for_resource(ResourceARN=key)["Tags"].items())),
    lambda aws, key, tags: aws("application-autoscaling").tag_resource(ResourceARN=key, Tags=dict(tags)),
    lambda aws, key, names: aws("application-autoscaling").untag_resource(ResourceARN=key, TagKeys=names),
)
DYNAMODB = Tagger(
    True,
    lambda aws, key: from_pairs(aws("dynamodb").list_tags_of_resource(ResourceArn=key)["Tags"]),
    lambda aws, key, tags: aws("dynamodb").tag_resource(ResourceArn=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("dynamodb").untag_resource(ResourceArn=key, TagKeys=names),
)
SSM_PARAMETER = Tagger(
    False,
    lambda aws, key: from_pairs(aws("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=key)["TagList"]),
    lambda aws, key, tags: aws("ssm").add_tags_to_resource(ResourceType="Parameter", ResourceId=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("ssm").remove_tags_from_resource(ResourceType="Parameter", ResourceId=key, TagKeys=names),
)
SECRETS_MANAGER = Tagger(
    False,
    lambda aws, key: from_pairs(aws("secretsmanager").describe_secret(SecretId=key).get("Tags", [])),
    lambda aws, key, tags: aws("secretsmanager").tag_resource(SecretId=key, Tags=pairs(tags)),
    lambda aws, key, names: aws("secretsmanager").untag_resource(SecretId=key, TagKeys=names),
)

KMS = Tagger(
    False,
    lambda aws, key: dict(sorted((tag["TagKey"], tag["TagValue"]) for tag in aws("kms").list_resource_tags(KeyId=key)["Tags"])),
    lambda aws, key, tags: aws("kms").tag_resource(
        KeyId=key, Tags=[{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    ),
    lambda aws, key, names: aws("kms").untag_resource(KeyId=key, TagKeys=names),
)


def _by_arn(service: str, argument: str) -> Tagger:
    """The calls of CloudWatch, EventBridge and SNS differ in one argument's name."""
    return Tagger(
        True,
        lambda aws, key: from_pairs(aws(service).list_tags_for_resource(**{argument: key})["Tags"]),
        lambda aws, key, tags: aws(service).tag_resource(**{argument: key}, Tags=pairs(tags)),
        lambda aws, key, names: aws(service).untag_resource(**{argument: key}, TagKeys=names),
    )


CLOUDWATCH = _by_arn("cloudwatch", "ResourceARN")
EVENTS = _by_arn("events", "ResourceARN")
SNS = _by_arn("sns", "ResourceArn")


def _by_resource_name(service: str) -> Tagger:
    """RDS and ElastiCache have the same calls."""
    return Tagger(
        True,
        lambda aws, key: from_pairs(aws(service).list_tags_for_resource(ResourceName=key)["TagList"]),
        lambda aws, key, tags: aws(service).add_tags_to_resource(ResourceName=key, Tags=pairs(tags)),
        lambda aws, key, names: aws(service).remove_tags_from_resource(ResourceName=key, TagKeys=names),
    )


RDS = _by_resource_name("rds")
ELASTICACHE = _by_resource_name("elasticache")


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
