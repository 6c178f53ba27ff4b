"""VPC endpoints, of the gateway and of the interface kind."""

from __future__ import annotations

from typing import Any

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import ResourceType, known
from sandbox.provider.shape import LEAF


class VpcEndpoint(ResourceType):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    inputs = {
        "vpcId": LEAF,
        "serviceName": LEAF,
        "vpcEndpointType": LEAF,
        "routeTableIds": LEAF,
        "subnetIds": LEAF,
        "securityGroupIds": LEAF,
        "privateDnsEnabled": LEAF,
    }
    unchangeable = frozenset({"privateDnsEnabled"})
    tagger = tagging.EC2
    LISTS = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}

    def create(self, aws: Aws, inputs: Properties) -> str:
        tags = tagging.pairs(inputs["tagsAll"])
        dns = {"PrivateDnsEnabled": inputs["privateDnsEnabled"]} if "privateDnsEnabled" in inputs else {}
        made = aws("ec2").create_vpc_endpoint(
            VpcId=inputs["vpcId"],
            ServiceName=inputs["serviceName"],
            VpcEndpointType=inputs.get("vpcEndpointType", "Gateway"),
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags}] if tags else [],
            **{self.LISTS[name]: value for name, value in known(inputs, *self.LISTS).items()},
            **dns,
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        changes: dict[str, list[str]] = {}
        for name, parameter in self.LISTS.items():
            former, wanted = set(old.get(name, [])), set(new.get(name, []))
            changes |= {f"Add{parameter}": sorted(wanted - former), f"Remove{parameter}": sorted(former - wanted)}
        aws("ec2").modify_vpc_endpoint(VpcEndpointId=identifier, **{name: ids for name, ids in changes.items() if ids})

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"])
        if not found or found[0]["State"] == "deleted":
            return None
        endpoint: dict[str, Any] = found[0]
        return {
            "arn": f"arn:aws:ec2:{aws.region}:{endpoint.get('OwnerId', '')}:vpc-endpoint/{identifier}",
            "vpcId": endpoint["VpcId"],
            "serviceName": endpoint["ServiceName"],
            "vpcEndpointType": endpoint["VpcEndpointType"],
            "routeTableIds": endpoint.get("RouteTableIds", []),
            "subnetIds": endpoint.get("SubnetIds", []),
            "securityGroupIds": [group["GroupId"] for group in endpoint.get("Groups", [])],
            "privateDnsEnabled": endpoint.get("PrivateDnsEnabled", False),
            "state": endpoint["State"],
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("ec2").delete_vpc_endpoints(VpcEndpointIds=[identifier])
