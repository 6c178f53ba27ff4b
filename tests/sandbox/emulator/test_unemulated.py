"""What the emulator refuses, in the protocol of each service: missing operations and AWS's limits."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.emulator_scenario import Scenario


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("ecs", "execute_command", {"task": "t", "command": "sh", "interactive": True}),
        ("ecs", "start_task", {"taskDefinition": "t", "containerInstances": ["i"]}),
        ("ec2", "describe_fpga_images", {}),
        ("rds", "describe_pending_maintenance_actions", {}),
        ("elbv2", "describe_trust_stores", {}),
        ("iam", "list_policies_granting_service_access", {"Arn": "a" * 20, "ServiceNamespaces": ["s3"]}),
        ("sts", "decode_authorization_message", {"EncodedMessage": "x"}),
        ("cloudwatch", "describe_anomaly_detectors", {}),
        ("route53", "list_traffic_policies", {}),
        ("lambda", "list_code_signing_configs", {}),
    ],
)
def test_a_missing_operation_is_an_aws_error_that_says_so(
    scenario: Scenario, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    client = scenario.client(service)

    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**parameters)

    error = caught.value.response
    assert "The sandbox does not emulate" in error["Error"]["Message"]
    assert error["ResponseMetadata"]["HTTPStatusCode"] in (400, 501), "no SDK retries it"


def test_a_standard_parameter_holds_4096_bytes(scenario: Scenario) -> None:
    ssm = scenario.client("ssm")
    ssm.put_parameter(Name="/a", Type="String", Value="é" * 2048)
    ssm.put_parameter(Name="/b", Type="String", Value="x" * 8000, Tier="Advanced")

    with pytest.raises(ClientError, match=r"ValidationException.*maximum parameter value of 4096"):
        ssm.put_parameter(Name="/c", Type="String", Value="é" * 2048 + "x")


@pytest.mark.parametrize(
    ("name", "message"),
    [("a" * 33, "cannot be longer than '32' characters"), ("a_b", "alphanumeric"), ("-a", "cannot begin or end with '-'")],
)
def test_names_of_load_balancers_and_target_groups_have_rules(scenario: Scenario, name: str, message: str) -> None:
    elb = scenario.client("elbv2")

    with pytest.raises(ClientError, match=message):
        elb.create_load_balancer(Name=name, Subnets=list(scenario.network.public))
    with pytest.raises(ClientError, match=message):
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=scenario.network.vpc)


def test_a_name_of_32_characters_is_taken(scenario: Scenario) -> None:
    elb = scenario.client("elbv2")

    made = elb.create_target_group(Name="a" * 32, Protocol="HTTP", Port=80, VpcId=scenario.network.vpc)

    assert made["TargetGroups"][0]["TargetGroupName"] == "a" * 32


def test_descriptions_of_security_groups_and_their_rules_have_a_set_of_characters(scenario: Scenario) -> None:
    ec2, vpc = scenario.client("ec2"), scenario.network.vpc
    group = ec2.create_security_group(GroupName="good", Description="a-z (A-Z) 0.9 _:/#,@[]+=&;{}!$*", VpcId=vpc)["GroupId"]

    def rule(description: str) -> dict[str, Any]:
        ranges = [{"CidrIp": "10.0.0.0/8", "Description": description}]
        return {"GroupId": group, "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": ranges}]}

    with pytest.raises(ClientError, match="Invalid security group description"):
        ec2.create_security_group(GroupName="bad", Description="AWS's", VpcId=vpc)
    for authorize in (ec2.authorize_security_group_ingress, ec2.authorize_security_group_egress):
        with pytest.raises(ClientError, match="Invalid security group description: AWS's"):
            authorize(**rule("AWS's"))
        authorize(**rule("AWS"))


def test_deletion_protection_protects(scenario: Scenario) -> None:
    elb = scenario.client("elbv2")
    arn = scenario.balancer.arn
    attribute = {"Key": "deletion_protection.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])

    with pytest.raises(ClientError, match="OperationNotPermitted"):
        elb.delete_load_balancer(LoadBalancerArn=arn)

    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[{**attribute, "Value": "false"}])
    elb.delete_load_balancer(LoadBalancerArn=arn)
    with pytest.raises(ClientError, match="LoadBalancerNotFound"):
        elb.describe_load_balancers(LoadBalancerArns=[arn])


def test_a_load_balancer_s_name_is_taken_once(scenario: Scenario) -> None:
    with pytest.raises(ClientError, match="DuplicateLoadBalancerName"):
        scenario.client("elbv2").create_load_balancer(Name="agent", Subnets=list(scenario.network.public))


def test_targets_registered_by_hand_are_moto_s(scenario: Scenario) -> None:
    elb, group = scenario.client("elbv2"), scenario.balancer.groups[1]
    scenario.running("v1")

    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "10.0.0.200", "Port": 80}])
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]

    assert [each["Target"]["Id"] for each in found] == ["10.0.0.200"]
    assert scenario.targets() == {"healthy": 2}


def test_one_target_can_be_asked_for(scenario: Scenario) -> None:
    scenario.running("v1")
    elb, group = scenario.client("elbv2"), scenario.balancer.groups[0]
    every = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]

    (found,) = elb.describe_target_health(TargetGroupArn=group, Targets=[every[1]["Target"]])["TargetHealthDescriptions"]

    assert found == every[1]
    assert found["Target"]["AvailabilityZone"].startswith("eu-central-1")
