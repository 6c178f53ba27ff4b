"""Keys of KMS."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType, known
from sandbox.provider.shape import LEAF

_POLICY = "default"
"""The only name that a key's policy may have (docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html)."""


class Key(ResourceType):
    """Deleting one sets a date for it; until then everything that it encrypted can be had back."""

    token = "aws:kms/key:Key"
    inputs = {"description": LEAF, "policy": LEAF, "enableKeyRotation": LEAF, "deletionWindowInDays": LEAF}
    tagger = tagging.KMS

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = [{"TagKey": name, "TagValue": value} for name, value in sorted(inputs["tagsAll"].items())]
        given = {name[0].upper() + name[1:]: value for name, value in known(inputs, "description", "policy").items()}
        identifier = str(aws("kms").create_key(Tags=tags, **given)["KeyMetadata"]["KeyId"])
        if inputs.get("enableKeyRotation"):
            aws("kms").enable_key_rotation(KeyId=identifier)
        return identifier

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        if old.get("description") != new.get("description"):
            aws("kms").update_key_description(KeyId=identifier, Description=new.get("description", ""))
        if old.get("policy") != new.get("policy"):
            aws("kms").put_key_policy(KeyId=identifier, PolicyName=_POLICY, Policy=new["policy"])
        if old.get("enableKeyRotation") != new.get("enableKeyRotation"):
            change = "enable_key_rotation" if new.get("enableKeyRotation") else "disable_key_rotation"
            getattr(aws("kms"), change)(KeyId=identifier)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("kms").describe_key(KeyId=identifier))
        if found is None or found["KeyMetadata"]["KeyState"] == "PendingDeletion":
            return None
        return {
            "arn": found["KeyMetadata"]["Arn"],
            "keyId": identifier,
            "description": found["KeyMetadata"]["Description"],
            "policy": aws("kms").get_key_policy(KeyId=identifier, PolicyName=_POLICY)["Policy"],
            "enableKeyRotation": aws("kms").get_key_rotation_status(KeyId=identifier)["KeyRotationEnabled"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("kms").schedule_key_deletion(KeyId=identifier, PendingWindowInDays=state.get("deletionWindowInDays", 30))
