"""IAM roles and their policies."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import LEAF


def _text(document: Any) -> str:
    """A policy document as JSON text; boto3 has decoded it where AWS answered with an encoded one."""
    return document if isinstance(document, str) else json.dumps(document, sort_keys=True)


class Role(ResourceType):
    token = "aws:iam/role:Role"
    inputs = {"name": LEAF, "description": LEAF, "assumeRolePolicy": LEAF}
    replace_on = frozenset({"name"})
    name_property = "name"
    tagger = tagging.IAM_ROLE

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("iam").create_role(
            RoleName=inputs["name"],
            Description=inputs.get("description", ""),
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("iam").update_role(RoleName=identifier, Description=new.get("description", ""))
        aws("iam").update_assume_role_policy(RoleName=identifier, PolicyDocument=new["assumeRolePolicy"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("iam").get_role(RoleName=identifier))
        if found is None:
            return None
        role = found["Role"]
        return {
            "arn": role["Arn"],
            "name": role["RoleName"],
            "description": role.get("Description", ""),
            "assumeRolePolicy": _text(role["AssumeRolePolicyDocument"]),
            "uniqueId": role["RoleId"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("iam").delete_role(RoleName=identifier)


class RolePolicy(ResourceType):
    """An inline policy; its id is the role's name and its own."""

    token = "aws:iam/rolePolicy:RolePolicy"
    inputs = {"name": LEAF, "role": LEAF, "policy": LEAF}
    replace_on = frozenset({"name", "role"})
    name_property = "name"

    def create(self, aws: Aws, inputs: Properties) -> str:
        self.update(aws, "", {}, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("iam").put_role_policy(RoleName=new["role"], PolicyName=new["name"], PolicyDocument=new["policy"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        role, name = identifier.split(":", 1)
        found = or_none(lambda: aws("iam").get_role_policy(RoleName=role, PolicyName=name))
        return None if found is None else {"role": role, "name": name, "policy": _text(found["PolicyDocument"])}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        role, name = identifier.split(":", 1)
        aws("iam").delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachment(ResourceType):
    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    inputs = {"role": LEAF, "policyArn": LEAF}
    replace_on = frozenset(inputs)

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
        return f"{inputs['role']}/{inputs['policyArn']}"

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        role, arn = identifier.split("/", 1)
        found = or_none(lambda: aws("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"])
        if arn not in [item["PolicyArn"] for item in found or []]:
            return None
        return {"role": role, "policyArn": arn}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        role, arn = identifier.split("/", 1)
        aws("iam").detach_role_policy(RoleName=role, PolicyArn=arn)
