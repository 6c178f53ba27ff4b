"""The network as the program declares it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.network.endpoints import INTERFACES
from tests.infra.declared import as_declared, declared
from tests.infra.mocked import Recording, one_service

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"


def built(stack: str = "staging", **network: Any) -> Recording:
    """A stack's program, with other network settings than its file has."""
    if not network:
        return as_declared(stack)
    config = one_service(stack)
    config["axonflow:platform"]["network"] |= network
    return declared(stack, config)


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_images_come_from_s3_without_passing_a_nat_gateway(stack: str) -> None:
    """ECR keeps layers in S3. Isolated subnets have no route to it, nor to anything else."""
    endpoint = built(stack).one(ENDPOINT, "s3").inputs
    assert (endpoint["vpcEndpointType"], endpoint["serviceName"]) == ("Gateway", "com.amazonaws.eu-central-1.s3")
    assert endpoint["routeTableIds"] == ["private-1", "private-2"]


def test_nat_gateways_make_interface_endpoints_needless() -> None:
    for strategy in ("single", "one-per-zone"):
        assert [endpoint.name for endpoint in built(nat_gateways=strategy).of(ENDPOINT)] == ["s3"]


def test_without_nat_gateways_each_service_that_tasks_need_has_an_endpoint_in_the_private_subnets() -> None:
    recording = built(nat_gateways="none")
    assert recording.one("awsx:ec2:Vpc", "network").inputs["natGateways"] == {"strategy": "None"}
    for service in INTERFACES:
        endpoint = recording.one(ENDPOINT, service).inputs
        assert endpoint["serviceName"] == f"com.amazonaws.eu-central-1.{service}"
        assert endpoint["subnetIds"] == ["private-1", "private-2"]
        assert endpoint["privateDnsEnabled"] is True


def test_endpoints_are_open_to_the_private_subnets_alone() -> None:
    recording = built(nat_gateways="none")
    private = next(spec for spec in recording.one("awsx:ec2:Vpc", "network").inputs["subnetSpecs"] if spec["type"] == "Private")
    rules = [
        rule.inputs
        for rule in recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] == "endpoints-id"
    ]
    assert [rule["cidrIpv4"] for rule in rules] == private["cidrBlocks"]
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(443, 443)}


@pytest.mark.parametrize(("settings", "traffic"), [({}, "REJECT"), ({"flow_logs": "all"}, "ALL")])
def test_the_flow_log_goes_to_a_group_of_its_own_by_a_role_that_writes_there_alone(
    settings: dict[str, str], traffic: str
) -> None:
    recording = built(**settings)
    log = recording.one("aws:ec2/flowLog:FlowLog", "flow-logs").inputs
    group = recording.one("aws:cloudwatch/logGroup:LogGroup", "flow-logs").inputs
    assert (log["trafficType"], log["vpcId"]) == (traffic, "vpc-1")
    assert (group["name"], group["retentionInDays"]) == ("/vpc/axonflow-staging/flow", 14)
    statement, finds = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", "flow-logs").inputs["policy"])["Statement"]
    assert (finds["Action"], finds["Resource"]) == (["logs:DescribeLogGroups"], ["*"])
    assert {resource.removesuffix(":*") for resource in statement["Resource"]} == {log["logDestination"]}


def test_subnets_are_where_the_stack_file_puts_them() -> None:
    subnets = {
        "public": ["10.20.0.0/26", "10.20.0.64/26"],
        "private": ["10.20.4.0/22", "10.20.8.0/22"],
        "isolated": ["10.20.1.0/27", "10.20.1.32/27"],
    }
    specs = built(subnets=subnets).one("awsx:ec2:Vpc", "network").inputs["subnetSpecs"]
    assert {spec["type"].lower(): spec["cidrBlocks"] for spec in specs} == subnets
