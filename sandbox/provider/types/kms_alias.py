"""Names of KMS keys."""

from __future__ import annotations

from sandbox.provider.aws import Aws
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById
from sandbox.provider.shape import LEAF


class Alias(DeletedById):
    """Its id is its name."""

    token = "aws:kms/alias:Alias"
    inputs = {"name": LEAF, "targetKeyId": LEAF}
    auto_name_prefix = "alias/"
    delete_call = "kms", "delete_alias", "AliasName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("kms").update_alias(AliasName=identifier, TargetKeyId=new["targetKeyId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        pages = aws("kms").get_paginator("list_aliases").paginate()
        for alias in (item for page in pages for item in page["Aliases"]):
            if alias["AliasName"] == identifier:
                return {"arn": alias["AliasArn"], "name": identifier, "targetKeyId": alias["TargetKeyId"]}
        return None
