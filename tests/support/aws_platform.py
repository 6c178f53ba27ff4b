"""What the infrastructure program creates, made here with boto3 alone: the scenarios' starting point."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

REPOSITORY = "axonflow-staging-agent"
CLUSTER = "axonflow-staging-cluster"
SERVICE = "axonflow-staging-agent-service"
FAMILY = "axonflow-staging-agent"
TEMPLATE = "axonflow-staging-agent-template"
LOG_GROUP = "/ecs/axonflow-staging/agent"
PORT = 8080

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Network:
    vpc: str
    public: tuple[str, str]
    private: tuple[str, str]
    security_group: str


@dataclass(frozen=True)
class Balancer:
    arn: str
    dns_name: str
    listener: str
    rule: str
    groups: tuple[str, str]
    """Serving and idle."""


def create_network(clients: Clients) -> Network:
    ec2 = clients("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    zones = ("eu-central-1a", "eu-central-1b")
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zones[number % 2])["Subnet"]
        for number in range(4)
    ]
    public, private = [s["SubnetId"] for s in subnets[:2]], [s["SubnetId"] for s in subnets[2:]]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
    _route(ec2, vpc, public, GatewayId=gateway)
    _route(ec2, vpc, private, NatGatewayId=nat)
    group = ec2.create_security_group(GroupName="agent", Description="agent", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )
    return Network(vpc, (public[0], public[1]), (private[0], private[1]), group)


def _route(ec2: Any, vpc: str, subnets: list[str], **target: str) -> None:
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)


def create_balancer(clients: Clients, network: Network, *, delay: int = 60) -> Balancer:
    elb = clients("elbv2")
    balancer = elb.create_load_balancer(
        Name="agent", Subnets=list(network.public), SecurityGroups=[network.security_group], Scheme="internet-facing"
    )["LoadBalancers"][0]
    groups = [create_group(elb, network, f"agent-{colour}", delay) for colour in ("blue", "green")]
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[nothing]
    )["Listeners"][0]["ListenerArn"]
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, (1, 0), strict=True)]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}],
    )["Rules"][0]["RuleArn"]
    return Balancer(balancer["LoadBalancerArn"], balancer["DNSName"], listener, rule, (groups[0], groups[1]))


def create_group(elb: Any, network: Network, name: str, delay: int) -> str:
    arn: str = elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=PORT,
        VpcId=network.vpc,
        TargetType="ip",
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    delay_attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[delay_attribute])
    return arn


def create_role(clients: Clients, name: str = "agent-execution") -> str:
    tasks = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [tasks]})
    iam = clients("iam")
    with suppress(iam.exceptions.EntityAlreadyExistsException):  # IAM outlives an emulator in the same process.
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]
    policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    return arn


def task_definition(image: str, role: str, family: str = FAMILY) -> dict[str, Any]:
    """Parameters of RegisterTaskDefinition."""
    logs = {"awslogs-group": LOG_GROUP, "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "agent"}
    container = {
        "name": "agent",
        "image": image,
        "portMappings": [{"containerPort": PORT}],
        "logConfiguration": {"logDriver": "awslogs", "options": logs},
    }
    return {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": role,
        "containerDefinitions": [container],
    }


def service(
    network: Network, balancer: Balancer, role: str, definition: str, *, desired: int = 0, name: str = SERVICE
) -> dict[str, Any]:
    """Parameters of CreateService, with the breaker on and both target groups."""
    advanced = {
        "alternateTargetGroupArn": balancer.groups[1],
        "productionListenerRule": balancer.rule,
        "roleArn": role,
    }
    entry = {
        "targetGroupArn": balancer.groups[0],
        "containerName": "agent",
        "containerPort": PORT,
        "advancedConfiguration": advanced,
    }
    return {
        "cluster": CLUSTER,
        "serviceName": name,
        "taskDefinition": definition,
        "desiredCount": desired,
        "launchType": "FARGATE",
        "loadBalancers": [entry],
        "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": list(network.private), "securityGroups": [network.security_group]}
        },
        "deploymentConfiguration": {
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "healthCheckGracePeriodSeconds": 0,
    }
