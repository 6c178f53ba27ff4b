"""Everything that the infrastructure program creates, made with boto3 and read back as AWS would answer."""

from __future__ import annotations

import json
from typing import Any

from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario


def test_the_network_reads_back(scenario: Scenario) -> None:
    ec2, network = scenario.client("ec2"), scenario.network

    subnets = ec2.describe_subnets(SubnetIds=[*network.public, *network.private])["Subnets"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [network.private[0]]}])
    gateways = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [network.vpc]}])["NatGateways"]
    hostnames = ec2.describe_vpc_attribute(VpcId=network.vpc, Attribute="enableDnsHostnames")

    assert {subnet["VpcId"] for subnet in subnets} == {network.vpc}
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {"eu-central-1a", "eu-central-1b"}
    routes = tables["RouteTables"][0]["Routes"]
    assert [route["NatGatewayId"] for route in routes if "NatGatewayId" in route] == [gateways[0]["NatGatewayId"]]
    assert (gateways[0]["State"], gateways[0]["SubnetId"]) == ("available", network.public[0])
    assert hostnames["EnableDnsHostnames"] == {"Value": True}


def test_security_group_rules_are_things_of_their_own(scenario: Scenario) -> None:
    ec2, network = scenario.client("ec2"), scenario.network
    group = ec2.create_security_group(GroupName="rules", Description="rules", VpcId=network.vpc)["GroupId"]
    peer = {"GroupId": network.security_group}
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [peer]}],
    )["SecurityGroupRules"][0]

    (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])["SecurityGroupRules"]
    ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[made["SecurityGroupRuleId"]])
    left = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]

    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"], rule["IsEgress"]) == (8080, 8080, "tcp", False)
    assert rule["ReferencedGroupInfo"]["GroupId"] == network.security_group
    assert left == []


def test_the_load_balancer_reads_back_with_an_address_that_can_be_reached(scenario: Scenario) -> None:
    elb, made = scenario.client("elbv2"), scenario.balancer

    (balancer,) = elb.describe_load_balancers(LoadBalancerArns=[made.arn])["LoadBalancers"]
    (listener,) = elb.describe_listeners(LoadBalancerArn=made.arn)["Listeners"]
    (rule,) = elb.describe_rules(RuleArns=[made.rule])["Rules"]
    groups = elb.describe_target_groups(TargetGroupArns=list(made.groups))["TargetGroups"]

    assert balancer["DNSName"].startswith("127.0.0.1:")
    assert (balancer["State"]["Code"], balancer["VpcId"]) == ("active", scenario.network.vpc)
    assert (listener["Port"], listener["Protocol"], listener["ListenerArn"]) == (80, "HTTP", made.listener)
    weights = {g["TargetGroupArn"]: g["Weight"] for g in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]}
    assert weights == {made.groups[0]: 1, made.groups[1]: 0}
    assert rule["Priority"] == "10"
    assert {group["HealthCheckPath"] for group in groups} == {"/health"}
    assert {group["HealthCheckIntervalSeconds"] for group in groups} == {5}
    assert groups[0]["LoadBalancerArns"] == [made.arn]


def test_an_idle_target_group_has_no_targets(scenario: Scenario) -> None:
    scenario.running("v1")

    assert scenario.targets(group=1) == {}


def test_roles_carry_aws_s_managed_policies(scenario: Scenario) -> None:
    iam = scenario.client("iam")

    (attached,) = iam.list_attached_role_policies(RoleName="agent-execution")["AttachedPolicies"]
    trust = iam.get_role(RoleName="agent-execution")["Role"]["AssumeRolePolicyDocument"]

    assert attached["PolicyName"] == "AmazonECSTaskExecutionRolePolicy"
    assert trust["Statement"][0]["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}


def test_repository_log_group_and_table_read_back(scenario: Scenario) -> None:
    dynamodb = scenario.client("dynamodb")
    table: dict[str, Any] = {
        "TableName": "axonflow-staging-releases",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    }
    dynamodb.create_table(**table)
    scenario.client("logs").put_retention_policy(logGroupName=aws_platform.LOG_GROUP, retentionInDays=30)

    (repository,) = scenario.client("ecr").describe_repositories(repositoryNames=[aws_platform.REPOSITORY])["repositories"]
    (group,) = scenario.client("logs").describe_log_groups(logGroupNamePrefix=aws_platform.LOG_GROUP)["logGroups"]
    read = dynamodb.describe_table(TableName=table["TableName"])["Table"]

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["repositoryUri"] == f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{aws_platform.REPOSITORY}"
    assert group["retentionInDays"] == 30
    assert (read["TableStatus"], read["KeySchema"]) == ("ACTIVE", table["KeySchema"])


def test_contract_parameters_come_back_page_by_page(scenario: Scenario) -> None:
    ssm, path = scenario.client("ssm"), "/axonflow/staging/contract/"
    written = {f"{path}services/s{number:02}": json.dumps({"n": number}) for number in range(12)}
    for name, value in written.items():
        ssm.put_parameter(Name=name, Value=value, Type="String")

    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True))

    assert [len(page["Parameters"]) for page in pages] == [10, 2]
    assert {each["Name"]: each["Value"] for page in pages for each in page["Parameters"]} == written


def test_the_service_can_be_torn_down_in_order(scenario: Scenario) -> None:
    scenario.running("v1")
    elb = scenario.client("elbv2")

    scenario.update(desiredCount=0)
    scenario.ecs.delete_service(cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE)
    scenario.until(lambda: scenario.describe()["status"] == "INACTIVE")
    elb.delete_rule(RuleArn=scenario.balancer.rule)
    elb.delete_listener(ListenerArn=scenario.balancer.listener)
    for group in scenario.balancer.groups:
        elb.delete_target_group(TargetGroupArn=group)
    elb.delete_load_balancer(LoadBalancerArn=scenario.balancer.arn)
    cluster = scenario.ecs.delete_cluster(cluster=aws_platform.CLUSTER)["cluster"]

    assert cluster["status"] == "INACTIVE"
    assert elb.describe_load_balancers()["LoadBalancers"] == []
