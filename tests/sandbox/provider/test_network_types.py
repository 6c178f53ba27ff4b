"""What the network's resources are read back as, and that a refresh sees what someone changed."""

from __future__ import annotations

import json

import pytest

from sandbox.provider.types import RESOURCE_TYPES
from tests.support.inprocess_aws import InProcessAws, Made

ENDPOINT = RESOURCE_TYPES["aws:ec2/vpcEndpoint:VpcEndpoint"]
DEFAULT_GROUP = RESOURCE_TYPES["aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"]
FLOW_LOG = RESOURCE_TYPES["aws:ec2/flowLog:FlowLog"]
LIFECYCLE = RESOURCE_TYPES["aws:ecr/lifecyclePolicy:LifecyclePolicy"]
ROLE = "arn:aws:iam::123456789012:role/flow-logs"


@pytest.fixture
def vpc(aws: InProcessAws) -> str:
    return str(aws("ec2").create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def tables(aws: InProcessAws, vpc: str) -> list[str]:
    return [aws("ec2").create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]


def gateway(aws: InProcessAws, vpc: str, tables: list[str]) -> Made:
    service = "com.amazonaws.eu-central-1.s3"
    return aws.make(ENDPOINT, vpcId=vpc, serviceName=service, vpcEndpointType="Gateway", routeTableIds=tables)


def test_a_gateway_endpoint_reads_back(aws: InProcessAws, vpc: str, tables: list[str]) -> None:
    made = gateway(aws, vpc, tables)
    assert made.live == made.inputs
    assert made.unread == set()


def test_the_default_group_of_a_vpc_is_emptied_and_left_behind(aws: InProcessAws, vpc: str) -> None:
    made = aws.make(DEFAULT_GROUP, vpcId=vpc)
    [group] = aws("ec2").describe_security_groups(GroupIds=[made.id])["SecurityGroups"]
    assert (group["GroupName"], group["IpPermissions"], group["IpPermissionsEgress"]) == ("default", [], [])
    assert made.live == made.inputs
    made.delete()
    assert aws("ec2").describe_security_groups(GroupIds=[made.id])["SecurityGroups"]


def test_a_route_table_that_lost_its_endpoint_shows(aws: InProcessAws, vpc: str, tables: list[str]) -> None:
    made = gateway(aws, vpc, tables)
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=made.id, RemoveRouteTableIds=tables[:1])
    assert made.live == {**made.inputs, "routeTableIds": tables[1:]}


def test_another_route_table_is_added_in_place(aws: InProcessAws, vpc: str, tables: list[str]) -> None:
    made = gateway(aws, vpc, tables[:1])
    made.change(routeTableIds=tables)
    assert made.live is not None
    assert made.live["routeTableIds"] == tables


def test_an_interface_endpoint_reads_back_until_it_is_deleted(aws: InProcessAws, vpc: str) -> None:
    subnet = aws("ec2").create_subnet(VpcId=vpc, CidrBlock="10.50.0.0/24")["Subnet"]["SubnetId"]
    group = aws("ec2").create_security_group(GroupName="endpoints", Description="x", VpcId=vpc)["GroupId"]
    made = aws.make(
        ENDPOINT,
        vpcId=vpc,
        serviceName="com.amazonaws.eu-central-1.logs",
        vpcEndpointType="Interface",
        subnetIds=[subnet],
        securityGroupIds=[group],
        privateDnsEnabled=True,
    )
    assert made.live == made.inputs
    assert made.unread == set()
    made.delete()
    assert made.live is None


def test_a_flow_log_reads_back_until_somebody_deletes_it(aws: InProcessAws, vpc: str) -> None:
    group = f"/vpc/{vpc}/flow"
    aws("logs").create_log_group(logGroupName=group)
    made = aws.make(
        FLOW_LOG,
        vpcId=vpc,
        trafficType="REJECT",
        logDestination=f"arn:aws:logs:eu-central-1:123456789012:log-group:{group}",
        iamRoleArn=ROLE,
        maxAggregationInterval=60,
    )
    assert made.live == made.inputs
    assert made.unread == set()
    aws("ec2").delete_flow_logs(FlowLogIds=[made.id])
    assert made.live is None


def test_a_changed_lifecycle_policy_shows(aws: InProcessAws) -> None:
    aws("ecr").create_repository(repositoryName="kept")
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
    policy = {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
    made = aws.make(LIFECYCLE, repository="kept", policy=json.dumps(policy))
    assert made.live == made.inputs

    selection["countNumber"] = 1
    aws("ecr").put_lifecycle_policy(repositoryName="kept", lifecyclePolicyText=json.dumps(policy))
    assert made.live == {"repository": "kept", "policy": json.dumps(policy)}

    made.delete()
    assert made.live is None
    aws("ecr").delete_repository(repositoryName="kept")
