"""Secrets, and what is in them."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF

_RECOVERY_DAYS = 30
"""What AWS takes if nothing is said."""


class Secret(ResourceType):
    """The secret without its value; its id is its ARN. A refresh cannot see the recovery window: it belongs to the deletion."""

    token = "aws:secretsmanager/secret:Secret"
    inputs = {"name": LEAF, "description": LEAF, "recoveryWindowInDays": LEAF}
    tagger = tagging.SECRETS_MANAGER

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        made = aws("secretsmanager").create_secret(
            Name=inputs["name"], Description=inputs.get("description", ""), **({"Tags": tags} if tags else {})
        )
        return str(made["ARN"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        if old.get("description") != new.get("description"):
            aws("secretsmanager").update_secret(SecretId=identifier, Description=new.get("description", ""))

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("secretsmanager").describe_secret(SecretId=identifier))
        if found is None or "DeletedDate" in found:
            return None
        return {"arn": found["ARN"], "name": found["Name"], "description": found.get("Description", "")}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        days = state.get("recoveryWindowInDays", _RECOVERY_DAYS)
        how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
        aws("secretsmanager").delete_secret(SecretId=identifier, **how)


class SecretVersion(ResourceType):
    """A value of a secret; its id is the secret's and its own, as in the real provider."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"
    # A value is never changed: another one is another version.
    inputs = {"secretId": LEAF, "secretString": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("secretsmanager").put_secret_value(SecretId=inputs["secretId"], SecretString=inputs["secretString"])
        return f"{inputs['secretId']}|{made['VersionId']}"

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        secret, version = identifier.split("|", 1)
        found = or_none(lambda: aws("secretsmanager").get_secret_value(SecretId=secret, VersionId=version))
        if found is None:
            return None
        return {
            "arn": found["ARN"],
            "secretId": secret,
            "versionId": version,
            "secretString": found["SecretString"],
            "versionStages": found["VersionStages"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """Nothing to do: the current version cannot be deleted, only replaced, and it goes with its secret."""
