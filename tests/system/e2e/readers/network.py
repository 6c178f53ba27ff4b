"""EC2: the VPC and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.system.e2e.readers.model import Client, Live, Reader, camel, tags


def described(call: str, argument: str, answer: str, **names: str) -> Reader:
    """What a describe call tells of one id; `names` are AWS's words for inputs that Pulumi calls otherwise."""

    def read(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
        [found] = getattr(client("ec2"), call)(**{argument: [identifier]})[answer]
        return {
            **camel(found),
            **{name: found[word] for name, word in names.items() if word in found},
            "tagsAll": tags(found.get("Tags", [])),
        }

    return read


def vpc(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    def attribute(name: str) -> bool:
        answer = client("ec2").describe_vpc_attribute(VpcId=identifier, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    found = described("describe_vpcs", "VpcIds", "Vpcs")(client, identifier, inputs)
    return {**found, **{name: attribute(name) for name in ("enableDnsHostnames", "enableDnsSupport")}}


def internet_gateway(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    found = described("describe_internet_gateways", "InternetGatewayIds", "InternetGateways")(client, identifier, inputs)
    return {**found, "vpcId": found["attachments"][0]["vpcId"]}


def nat_gateway(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    found = described("describe_nat_gateways", "NatGatewayIds", "NatGateways")(client, identifier, inputs)
    return {**found, "allocationId": found["natGatewayAddresses"][0]["allocationId"]}


def route(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    table = client("ec2").describe_route_tables(RouteTableIds=[inputs["routeTableId"]])["RouteTables"][0]
    [found] = [each for each in table["Routes"] if each.get("DestinationCidrBlock") == inputs["destinationCidrBlock"]]
    return {**camel(found), "routeTableId": table["RouteTableId"]}


def route_table_association(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    asked = [{"Name": "association.route-table-association-id", "Values": [identifier]}]
    [table] = client("ec2").describe_route_tables(Filters=asked)["RouteTables"]
    [found] = [each for each in table["Associations"] if each["RouteTableAssociationId"] == identifier]
    return dict(camel(found))


def security_group_rule(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    asked = {"SecurityGroupRuleIds": [identifier]}
    [found] = client("ec2").describe_security_group_rules(**asked)["SecurityGroupRules"]
    peer = found.get("ReferencedGroupInfo", {}).get("GroupId")
    return {
        **camel(found),
        "description": found.get("Description") or _description(client, found, peer),
        "securityGroupId": found["GroupId"],
        "referencedSecurityGroupId": peer,
        "tagsAll": tags(found.get("Tags", [])),
    }


def _description(client: Client, rule: Mapping[str, Any], peer: str | None) -> str | None:
    """In the group itself: moto leaves it out of a rule whose other end is a group."""
    [group] = client("ec2").describe_security_groups(GroupIds=[rule["GroupId"]])["SecurityGroups"]
    ways = group["IpPermissionsEgress" if rule["IsEgress"] else "IpPermissions"]
    ports = (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort"))
    pairs = [
        pair
        for way in ways
        if (way["IpProtocol"], way.get("FromPort"), way.get("ToPort")) == ports
        for pair in way["UserIdGroupPairs"]
        if pair["GroupId"] == peer
    ]
    return next((pair["Description"] for pair in pairs if "Description" in pair), None)


def flow_log(client: Client, identifier: str, inputs: Mapping[str, Any]) -> Live:
    names = {"vpcId": "ResourceId", "iamRoleArn": "DeliverLogsPermissionArn"}
    found = described("describe_flow_logs", "FlowLogIds", "FlowLogs", **names)(client, identifier, inputs)
    groups = client("logs").describe_log_groups(logGroupNamePrefix=found["logGroupName"])["logGroups"]
    [group] = [each for each in groups if each["logGroupName"] == found["logGroupName"]]
    return {**found, "logDestination": group["arn"].removesuffix(":*")}


READERS: Mapping[str, Reader] = {
    "aws:ec2/vpc:Vpc": vpc,
    "aws:ec2/subnet:Subnet": described("describe_subnets", "SubnetIds", "Subnets"),
    "aws:ec2/internetGateway:InternetGateway": internet_gateway,
    "aws:ec2/natGateway:NatGateway": nat_gateway,
    "aws:ec2/eip:Eip": described("describe_addresses", "AllocationIds", "Addresses"),
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTable:RouteTable": described("describe_route_tables", "RouteTableIds", "RouteTables"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": described(
        "describe_security_groups", "GroupIds", "SecurityGroups", name="GroupName"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": described("describe_security_groups", "GroupIds", "SecurityGroups"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": security_group_rule,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": security_group_rule,
    "aws:ec2/vpcEndpoint:VpcEndpoint": described("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"),
    "aws:ec2/flowLog:FlowLog": flow_log,
}
