"""Security groups, and their rules as resources of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF


class SecurityGroup(DeletedById):
    token = "aws:ec2/securityGroup:SecurityGroup"
    inputs = {"name": LEAF, "description": LEAF, "vpcId": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "delete_security_group", "GroupId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        group = aws("ec2").create_security_group(
            GroupName=inputs["name"],
            Description=inputs.get("description", "Managed by Pulumi"),
            VpcId=inputs["vpcId"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}] if tags else [],
        )["GroupId"]
        # AWS gives a new group a rule that lets everything out; the real provider takes it away, so that rules are explicit.
        everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        aws("ec2").revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
        return str(group)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_security_groups(GroupIds=[identifier]))
        if found is None:
            return None
        group = found["SecurityGroups"][0]
        return {
            "arn": f"arn:aws:ec2:{aws.region}:{group['OwnerId']}:security-group/{identifier}",
            "name": group["GroupName"],
            "description": group["Description"],
            "vpcId": group["VpcId"],
            "ownerId": group["OwnerId"],
        }


class DefaultSecurityGroup(SecurityGroup):
    """The group that comes with a VPC: taken over and emptied, never made, and left behind (the real provider's
    resourceDefaultSecurityGroupCreate)."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    inputs = {"vpcId": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        of_the_vpc = [{"Name": "vpc-id", "Values": [inputs["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
        [group] = aws("ec2").describe_security_groups(Filters=of_the_vpc)["SecurityGroups"]
        identifier = str(group["GroupId"])
        for calls, rules in (("ingress", group["IpPermissions"]), ("egress", group["IpPermissionsEgress"])):
            if rules:
                getattr(aws("ec2"), f"revoke_security_group_{calls}")(GroupId=identifier, IpPermissions=rules)
        tagging.EC2.change(aws, identifier, {}, inputs["tagsAll"])
        return identifier

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        """AWS deletes it with its VPC."""


_SOURCES = ("cidrIpv4", "referencedSecurityGroupId")


class _Rule(ResourceType):
    """One rule of a group, in one direction."""

    egress: ClassVar[bool]
    inputs = {
        "securityGroupId": LEAF,
        "description": LEAF,
        "ipProtocol": LEAF,
        "fromPort": LEAF,
        "toPort": LEAF,
        "cidrIpv4": LEAF,
        "referencedSecurityGroupId": LEAF,
    }
    tagger = tagging.EC2

    def create(self, aws: Aws, inputs: Properties) -> str:
        client = aws("ec2")
        authorize = client.authorize_security_group_egress if self.egress else client.authorize_security_group_ingress
        reply = authorize(GroupId=inputs["securityGroupId"], IpPermissions=[self._permission(inputs)])
        rule = str(reply["SecurityGroupRules"][0]["SecurityGroupRuleId"])
        self.tagger.change(aws, rule, {}, inputs["tagsAll"])
        return rule

    @staticmethod
    def _permission(inputs: Properties) -> dict[str, object]:
        ports = {name[0].upper() + name[1:]: value for name, value in known(inputs, "fromPort", "toPort").items()}
        note = {"Description": inputs["description"]} if inputs.get("description") else {}
        permission: dict[str, object] = {"IpProtocol": inputs["ipProtocol"], **ports}
        if inputs.get("cidrIpv4"):
            permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **note}]
        if inputs.get("referencedSecurityGroupId"):
            permission["UserIdGroupPairs"] = [{"GroupId": inputs["referencedSecurityGroupId"], **note}]
        return permission

    def replacing(self, changed: Iterable[str], state: Properties, new: Properties) -> list[str]:
        """Another kind of source is another rule."""
        other = [name for name in _SOURCES if (name in state) != (name in new)]
        return sorted({*super().replacing(changed, state, new), *(other if set(other) & set(changed) else [])})

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        ports = {name[0].upper() + name[1:]: value for name, value in known(new, "fromPort", "toPort").items()}
        rule: dict[str, object] = {"IpProtocol": new["ipProtocol"], **ports, "Description": new.get("description", "")}
        if new.get("cidrIpv4"):
            rule["CidrIpv4"] = new["cidrIpv4"]
        if new.get("referencedSecurityGroupId"):
            rule["ReferencedGroupId"] = new["referencedSecurityGroupId"]
        change = {"SecurityGroupRuleId": identifier, "SecurityGroupRule": rule}
        aws("ec2").modify_security_group_rules(GroupId=new["securityGroupId"], SecurityGroupRules=[change])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_security_group_rules(SecurityGroupRuleIds=[identifier]))
        if not found or not found["SecurityGroupRules"]:
            return None
        rule = found["SecurityGroupRules"][0]
        live = {
            "securityGroupRuleId": identifier,
            "arn": f"arn:aws:ec2:{aws.region}:{rule.get('GroupOwnerId', '')}:security-group-rule/{identifier}",
            "securityGroupId": rule["GroupId"],
            "ipProtocol": rule["IpProtocol"],
            "description": rule.get("Description"),
            "fromPort": rule.get("FromPort"),
            "toPort": rule.get("ToPort"),
            "cidrIpv4": rule.get("CidrIpv4"),
            "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
        }
        return {name: value for name, value in live.items() if value is not None}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        client = aws("ec2")
        revoke = client.revoke_security_group_egress if self.egress else client.revoke_security_group_ingress
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[identifier])


class IngressRule(_Rule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    egress = False


class EgressRule(_Rule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    egress = True
