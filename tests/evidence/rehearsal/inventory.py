"""What AWS has, listed by boto3 and in the words of Pulumi: type and id, never asked of Pulumi's state or the provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from tests.evidence.rehearsal.rows import ROWS, Row

Thing = tuple[str, str]
"""Type, without the provider's name, and id."""

_RULE = "vpc/securityGroupRule"
_ALIASES = {
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
}
_PART_OF_ANOTHER = ("acm/certificateValidation", "sns/topicPolicy", "secretsmanager/secretVersion", "ecr/lifecyclePolicy")
"""Nothing of their own: what is set of something else, by a call that can be made again."""
_MADE_BY_AWS = ("TargetTracking-", "rds!")
"""Names of the alarms of scaling policies and of the secrets that RDS keeps: they go with what they belong to."""


@dataclass(frozen=True)
class Found:
    """A thing on AWS, and the inputs that tell it from others of its type."""

    thing: Thing
    told_by: Mapping[str, Any]


class Inventory:
    """Everything on AWS, for the services that the program uses."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._session = boto3.Session("sandbox", "sandbox", region_name=region)
        self._endpoint = endpoint

    def everything(self) -> dict[Thing, Found]:
        parts = (self._network(), self._keys(), self._roles(), self._balancers(), self._names(), self._ecs(), self._targets())
        found = [each for row in ROWS for each in self._of(row)]
        found += [Found((kind, identifier), told_by) for part in parts for kind, identifier, told_by in part]
        return {each.thing: each for each in found}

    def _of(self, row: Row) -> Iterator[Found]:
        for item in self._list(row.service, row.call, row.items, **row.asked):
            known = _with_names(item) if isinstance(item, dict) else {}
            if not str(known.get("AlarmName") or known.get("Name")).startswith(_MADE_BY_AWS):
                told_by = {name: known.get(there) for name, there in row.told_by.items()}
                yield Found((row.kind, row.identifier.format(item, **known)), told_by)

    def _network(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Groups and route tables without those that every VPC has; their rules, routes and associations."""
        for group in self._list("ec2", "describe_security_groups", "SecurityGroups"):
            if group["GroupName"] == "default":
                continue
            yield "ec2/securityGroup:SecurityGroup", group["GroupId"], {"name": group["GroupName"]}
            of_group = [{"Name": "group-id", "Values": [group["GroupId"]]}]
            for rule in self._list("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=of_group):
                yield _RULE, rule["SecurityGroupRuleId"], _rule(rule)
        for table in self._list("ec2", "describe_route_tables", "RouteTables"):
            if any(one["Main"] for one in table["Associations"]):
                continue
            yield "ec2/routeTable:RouteTable", table["RouteTableId"], {"tag Name": _with_names(table)["tag Name"]}
            for route in table["Routes"]:
                if "DestinationCidrBlock" in route and route.get("GatewayId") != "local":
                    told_by = {"routeTableId": table["RouteTableId"]}
                    yield "ec2/route:Route", f"{table['RouteTableId']}:{route['DestinationCidrBlock']}", told_by
            for one in table["Associations"]:
                if "SubnetId" in one:
                    told_by = {"subnetId": one["SubnetId"]}
                    yield "ec2/routeTableAssociation:RouteTableAssociation", one["RouteTableAssociationId"], told_by

    def _keys(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Keys without those of AWS's own aliases, and the other aliases."""
        aliases = [alias for alias in self._list("kms", "list_aliases", "Aliases") if "TargetKeyId" in alias]
        own = [alias for alias in aliases if not alias["AliasName"].startswith("alias/aws/")]
        for alias in own:
            yield "kms/alias:Alias", alias["AliasName"], {"name": alias["AliasName"]}
        managed = {alias["TargetKeyId"] for alias in aliases} - {alias["TargetKeyId"] for alias in own}
        for key in self._list("kms", "list_keys", "Keys"):
            if key["KeyId"] not in managed:
                described = self._client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                yield "kms/key:Key", key["KeyId"], {"description": described["Description"]}

    def _roles(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for role in self._list("iam", "list_roles", "Roles"):
            name = role["RoleName"]
            for inline in self._list("iam", "list_role_policies", "PolicyNames", RoleName=name):
                yield "iam/rolePolicy:RolePolicy", f"{name}:{inline}", {"role": name, "name": inline}
            for attached in self._list("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name):
                told_by = {"role": name, "policyArn": attached["PolicyArn"]}
                yield "iam/rolePolicyAttachment:RolePolicyAttachment", f"{name}/{attached['PolicyArn']}", told_by

    def _balancers(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for balancer in self._list("elbv2", "describe_load_balancers", "LoadBalancers"):
            arn = balancer["LoadBalancerArn"]
            for listener in self._list("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn):
                told_by = {"loadBalancerArn": arn, "port": listener["Port"]}
                yield "lb/listener:Listener", listener["ListenerArn"], told_by
                for rule in self._list("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]):
                    if not rule["IsDefault"]:
                        told_by = {"listenerArn": listener["ListenerArn"], "priority": int(rule["Priority"])}
                        yield "lb/listenerRule:ListenerRule", rule["RuleArn"], told_by

    def _names(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for zone in self._list("route53", "list_hosted_zones", "HostedZones"):
            for record in self._list("route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"]):
                name = record["Name"].rstrip(".")
                identifier = f"{zone['Id'].rsplit('/', 1)[-1]}_{name}_{record['Type']}"
                yield "route53/record:Record", identifier, {"name": name, "type": record["Type"]}

    def _ecs(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for cluster in self._list("ecs", "list_clusters", "clusterArns"):
            for service in self._list("ecs", "list_services", "serviceArns", cluster=cluster):
                yield "ecs/service:Service", service, {"name": service.rsplit("/", 1)[-1]}
        for family in self._list("ecs", "list_task_definition_families", "families", status="ACTIVE"):
            yield "ecs/taskDefinition:TaskDefinition", family, {"family": family}

    def _targets(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for rule in self._list("events", "list_rules", "Rules"):
            for target in self._list("events", "list_targets_by_rule", "Targets", Rule=rule["Name"]):
                yield "cloudwatch/eventTarget:EventTarget", f"{rule['Name']}-{target['Id']}", {"rule": rule["Name"]}

    def _client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)

    def _list(self, service: str, call: str, items: str, **asked: Any) -> list[Any]:
        client = self._client(service)
        if not client.can_paginate(call):
            return list(getattr(client, call)(**asked)[items])
        return [item for page in client.get_paginator(call).paginate(**asked) for item in page[items]]


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    told_by = {
        "securityGroupId": rule["GroupId"],
        "ipProtocol": rule["IpProtocol"],
        "fromPort": rule.get("FromPort"),
        "cidrIpv4": rule.get("CidrIpv4"),
        "referencedSecurityGroupId": rule.get("ReferencedGroupInfo", {}).get("GroupId"),
    }
    return {name: value for name, value in told_by.items() if value not in (None, -1)}


def _with_names(item: Mapping[str, Any]) -> dict[str, Any]:
    """With the name of its tags, and the one at the end of a topic's ARN."""
    tags = {tag.get("Key"): tag.get("Value") for tag in item.get("Tags") or ()}
    return {**item, "tag Name": tags.get("Name"), "last of ARN": str(item.get("TopicArn", "")).rsplit(":", 1)[-1]}


def kind_of(token: str) -> str | None:
    """The inventory's name of a Pulumi type; None for what is no thing of its own on AWS."""
    kind = token.removeprefix("aws:")
    if not token.startswith("aws:") or kind.startswith(_PART_OF_ANOTHER):
        return None
    return _ALIASES.get(kind, kind)


def in_state(state: Mapping[str, Any]) -> set[Thing]:
    """The things that an exported state has."""
    resources = state["deployment"].get("resources") or []
    return {(kind, each["id"]) for each in resources if each.get("id") and (kind := kind_of(each["type"]))}


def tells(found: Found, resource: Mapping[str, Any]) -> bool:
    """Whether a thing is what a resource of the state was to become."""
    inputs = {**resource["inputs"], "tag Name": (resource["inputs"].get("tagsAll") or {}).get("Name")}
    return found.thing[0] == kind_of(resource["type"]) and all(inputs.get(key) == value for key, value in found.told_by.items())
