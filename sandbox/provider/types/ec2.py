"""VPCs and what is in them: subnets, gateways, routes."""

from __future__ import annotations

from sandbox.provider import tagging
from sandbox.provider.aws import Aws, or_none
from sandbox.provider.codec import Properties
from sandbox.provider.resource import DeletedById, ResourceType, known
from sandbox.provider.shape import LEAF


def _tag_specification(kind: str, inputs: Properties) -> list[dict[str, object]]:
    tags = tagging.pairs(inputs.get("tagsAll", {}))
    return [{"ResourceType": kind, "Tags": tags}] if tags else []


class Vpc(DeletedById):
    token = "aws:ec2/vpc:Vpc"
    inputs = {"cidrBlock": LEAF, "enableDnsHostnames": LEAF, "enableDnsSupport": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "delete_vpc", "VpcId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        vpc = aws("ec2").create_vpc(CidrBlock=inputs["cidrBlock"], TagSpecifications=_tag_specification("vpc", inputs))["Vpc"]
        self.update(aws, vpc["VpcId"], {}, inputs)
        return str(vpc["VpcId"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        for name, parameter in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
            if name in new and old.get(name) != new[name]:
                aws("ec2").modify_vpc_attribute(VpcId=identifier, **{parameter: {"Value": new[name]}})

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_vpcs(VpcIds=[identifier]))
        if found is None:
            return None
        vpc = found["Vpcs"][0]
        return {
            "arn": f"arn:aws:ec2:{aws.region}:{vpc['OwnerId']}:vpc/{identifier}",
            "cidrBlock": vpc["CidrBlock"],
            "ownerId": vpc["OwnerId"],
            "enableDnsHostnames": self._attribute(aws, identifier, "enableDnsHostnames"),
            "enableDnsSupport": self._attribute(aws, identifier, "enableDnsSupport"),
        }

    @staticmethod
    def _attribute(aws: Aws, identifier: str, name: str) -> bool:
        reply = aws("ec2").describe_vpc_attribute(VpcId=identifier, Attribute=name)
        return bool(reply[name[0].upper() + name[1:]]["Value"])


class Subnet(DeletedById):
    token = "aws:ec2/subnet:Subnet"
    inputs = {"vpcId": LEAF, "cidrBlock": LEAF, "availabilityZone": LEAF, "mapPublicIpOnLaunch": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "delete_subnet", "SubnetId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        subnet = aws("ec2").create_subnet(
            VpcId=inputs["vpcId"],
            CidrBlock=inputs["cidrBlock"],
            AvailabilityZone=inputs["availabilityZone"],
            TagSpecifications=_tag_specification("subnet", inputs),
        )["Subnet"]
        self.update(aws, subnet["SubnetId"], {}, inputs)
        return str(subnet["SubnetId"])

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        value = {"Value": new.get("mapPublicIpOnLaunch", False)}
        aws("ec2").modify_subnet_attribute(SubnetId=identifier, MapPublicIpOnLaunch=value)

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_subnets(SubnetIds=[identifier]))
        if found is None:
            return None
        subnet = found["Subnets"][0]
        return {
            "arn": subnet["SubnetArn"],
            "vpcId": subnet["VpcId"],
            "cidrBlock": subnet["CidrBlock"],
            "availabilityZone": subnet["AvailabilityZone"],
            "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
        }


class InternetGateway(ResourceType):
    token = "aws:ec2/internetGateway:InternetGateway"
    inputs = {"vpcId": LEAF}
    unchangeable = frozenset({"vpcId"})
    tagger = tagging.EC2

    def create(self, aws: Aws, inputs: Properties) -> str:
        specification = _tag_specification("internet-gateway", inputs)
        gateway = aws("ec2").create_internet_gateway(TagSpecifications=specification)["InternetGateway"]
        aws("ec2").attach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=inputs["vpcId"])
        return str(gateway["InternetGatewayId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_internet_gateways(InternetGatewayIds=[identifier]))
        if found is None:
            return None
        attachments = found["InternetGateways"][0]["Attachments"]
        return {"vpcId": attachments[0]["VpcId"] if attachments else ""}

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        aws("ec2").detach_internet_gateway(InternetGatewayId=identifier, VpcId=state["vpcId"])
        aws("ec2").delete_internet_gateway(InternetGatewayId=identifier)


class ElasticIp(DeletedById):
    token = "aws:ec2/eip:Eip"
    inputs = {"domain": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "release_address", "AllocationId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        specification = _tag_specification("elastic-ip", inputs)
        return str(aws("ec2").allocate_address(Domain="vpc", TagSpecifications=specification)["AllocationId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_addresses(AllocationIds=[identifier]))
        if found is None:
            return None
        address = found["Addresses"][0]
        return {"allocationId": identifier, "publicIp": address["PublicIp"], "domain": address["Domain"]}


class NatGateway(DeletedById):
    token = "aws:ec2/natGateway:NatGateway"
    inputs = {"allocationId": LEAF, "subnetId": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "delete_nat_gateway", "NatGatewayId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        gateway = aws("ec2").create_nat_gateway(
            AllocationId=inputs["allocationId"],
            SubnetId=inputs["subnetId"],
            TagSpecifications=_tag_specification("natgateway", inputs),
        )["NatGateway"]
        return str(gateway["NatGatewayId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_nat_gateways(NatGatewayIds=[identifier])["NatGateways"])
        if not found or found[0]["State"] == "deleted":
            return None
        gateway = found[0]
        address = gateway["NatGatewayAddresses"][0]
        return {
            "subnetId": gateway["SubnetId"],
            "allocationId": address["AllocationId"],
            "publicIp": address.get("PublicIp", ""),
        }


class RouteTable(DeletedById):
    token = "aws:ec2/routeTable:RouteTable"
    inputs = {"vpcId": LEAF}
    tagger = tagging.EC2
    delete_call = "ec2", "delete_route_table", "RouteTableId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        specification = _tag_specification("route-table", inputs)
        table = aws("ec2").create_route_table(VpcId=inputs["vpcId"], TagSpecifications=specification)["RouteTable"]
        return str(table["RouteTableId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        found = or_none(lambda: aws("ec2").describe_route_tables(RouteTableIds=[identifier]))
        return None if found is None else {"vpcId": found["RouteTables"][0]["VpcId"]}


class Route(ResourceType):
    """One route of a table; its id is the table and the destination, as in the real provider."""

    token = "aws:ec2/route:Route"
    inputs = {"routeTableId": LEAF, "destinationCidrBlock": LEAF, "gatewayId": LEAF, "natGatewayId": LEAF}

    def create(self, aws: Aws, inputs: Properties) -> str:
        aws("ec2").create_route(**self._call(inputs))
        return f"{inputs['routeTableId']}:{inputs['destinationCidrBlock']}"

    def update(self, aws: Aws, identifier: str, old: Properties, new: Properties) -> None:
        aws("ec2").replace_route(**self._call(new))

    @staticmethod
    def _call(inputs: Properties) -> dict[str, object]:
        names = known(inputs, "routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId")
        return {name[0].upper() + name[1:]: value for name, value in names.items()}

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        table, destination = identifier.split(":", 1)
        found = or_none(lambda: aws("ec2").describe_route_tables(RouteTableIds=[table]))
        routes = found["RouteTables"][0]["Routes"] if found else []
        route = next((item for item in routes if item.get("DestinationCidrBlock") == destination), None)
        if route is None:
            return None
        targets = {name: route.get(name[0].upper() + name[1:]) for name in ("gatewayId", "natGatewayId")}
        return {
            "routeTableId": table,
            "destinationCidrBlock": destination,
            **{name: value for name, value in targets.items() if value},
        }

    def delete(self, aws: Aws, identifier: str, state: Properties) -> None:
        table, destination = identifier.split(":", 1)
        aws("ec2").delete_route(RouteTableId=table, DestinationCidrBlock=destination)


class RouteTableAssociation(DeletedById):
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    inputs = {"subnetId": LEAF, "routeTableId": LEAF}
    unchangeable = frozenset({"routeTableId"})
    delete_call = "ec2", "disassociate_route_table", "AssociationId"

    def create(self, aws: Aws, inputs: Properties) -> str:
        reply = aws("ec2").associate_route_table(SubnetId=inputs["subnetId"], RouteTableId=inputs["routeTableId"])
        return str(reply["AssociationId"])

    def read(self, aws: Aws, identifier: str, state: Properties) -> Properties | None:
        condition = [{"Name": "association.route-table-association-id", "Values": [identifier]}]
        tables = aws("ec2").describe_route_tables(Filters=condition)["RouteTables"]
        if not tables:
            return None
        found = next(item for item in tables[0]["Associations"] if item["RouteTableAssociationId"] == identifier)
        return {"subnetId": found["SubnetId"], "routeTableId": found["RouteTableId"]}
