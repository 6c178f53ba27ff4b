"""IAM roles and their policies."""

from __future__ import annotations

import json
from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType
from sandbox.provider.shape import LEAF

_SESSION_SECONDS = 3600
"""How long a session lasts at most, if nothing is said (API reference of IAM, CreateRole)."""
_POLICY_VERSIONS = 5
"""docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def _text(document: Any) -> str:
    """A policy document as JSON text; boto3 has decoded it where AWS answered with an encoded one."""
    return document if isinstance(document, str) else json.dumps(document, sort_keys=True)


class Role(DeletedById):
    token = "aws:iam/role:Role"
    inputs = {
        "name": LEAF,
        "description": LEAF,
        "assumeRolePolicy": LEAF,
        "maxSessionDuration": LEAF,
        "permissionsBoundary": LEAF,
    }
    tagger = tagging.IAM_ROLE
    delete_call = "iam", "delete_role", "RoleName"

    def create(self, aws: Aws, inputs: Properties) -> str:
        boundary = inputs.get("permissionsBoundary")
        aws("iam").create_role(
            RoleName=inputs["name"],
            Description=inputs.get("description", ""),
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            MaxSessionDuration=inputs.get("maxSessionDuration", _SESSION_SECONDS),
            **({"PermissionsBoundary": boundary} if boundary else {}),
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(inputs["name"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        session = new.get("maxSessionDuration", _SESSION_SECONDS)
        aws("iam").update_role(RoleName=identifier, Description=new.get("description", ""), MaxSessionDuration=session)
        aws("iam").update_assume_role_policy(RoleName=identifier, PolicyDocument=new["assumeRolePolicy"])
        if new.get("permissionsBoundary"):
            aws("iam").put_role_permissions_boundary(RoleName=identifier, PermissionsBoundary=new["permissionsBoundary"])
        elif old.get("permissionsBoundary"):
            aws("iam").delete_role_permissions_boundary(RoleName=identifier)

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
            "maxSessionDuration": role.get("MaxSessionDuration", _SESSION_SECONDS),
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "uniqueId": role["RoleId"],
        }


class Policy(ResourceType):
    """A managed policy; its id is its ARN. A change makes a new version, and AWS keeps five."""

    token = "aws:iam/policy:Policy"
    inputs = {"name": LEAF, "description": LEAF, "policy": LEAF}
    tagger = tagging.IAM_POLICY

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws("iam").create_policy(
            PolicyName=inputs["name"],
            Description=inputs.get("description", ""),
            PolicyDocument=inputs["policy"],
            Tags=tagging.pairs(inputs["tagsAll"]),
        )
        return str(made["Policy"]["Arn"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        former = self._former(aws, identifier)
        if len(former) == _POLICY_VERSIONS - 1:
            oldest = min(former, key=lambda version: int(version.removeprefix("v")))
            aws("iam").delete_policy_version(PolicyArn=identifier, VersionId=oldest)
        aws("iam").create_policy_version(PolicyArn=identifier, PolicyDocument=new["policy"], SetAsDefault=True)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("iam").get_policy(PolicyArn=identifier))
        if found is None:
            return None
        policy = found["Policy"]
        version = aws("iam").get_policy_version(PolicyArn=identifier, VersionId=policy["DefaultVersionId"])
        return {
            "arn": policy["Arn"],
            "name": policy["PolicyName"],
            "description": policy.get("Description", ""),
            "policy": _text(version["PolicyVersion"]["Document"]),
            "policyId": policy["PolicyId"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        for version in self._former(aws, identifier):
            aws("iam").delete_policy_version(PolicyArn=identifier, VersionId=version)
        aws("iam").delete_policy(PolicyArn=identifier)

    def _former(self, aws: Aws, identifier: str) -> list[str]:
        """The versions that are not in force."""
        versions = aws("iam").list_policy_versions(PolicyArn=identifier)["Versions"]
        return [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]


class RolePolicy(ResourceType):
    """An inline policy; its id is the role's name and its own."""

    token = "aws:iam/rolePolicy:RolePolicy"
    inputs = {"name": LEAF, "role": LEAF, "policy": LEAF}

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
