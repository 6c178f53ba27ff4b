"""The platform that releases are tried on: three services, made with boto3 as the infrastructure program makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appdeploy.model.contract import PlatformContract, ServiceContract, contract_path
from tests.support import aws_platform
from tests.support.alarms import put_alarm
from tests.support.handover import platform_contract
from tests.support.inprocess import REGION

ENVIRONMENT = "staging"
ACCOUNT = "123456789012"
CLUSTER = f"axonflow-{ENVIRONMENT}-cluster"
TABLE = f"axonflow-{ENVIRONMENT}-releases"
ALARM = "errors"
COUNTS = {"agent": 2, "orchestrator": 1, "customer-portal": 3}
"""Services, and how many tasks the contract wants of each."""

Clients = Callable[[str], Any]


def service_name(service: str) -> str:
    return f"axonflow-{ENVIRONMENT}-{service}-service"


def service_arn(service: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{CLUSTER}/{service_name(service)}"


def repository(service: str) -> str:
    return f"axonflow-{ENVIRONMENT}-{service}"


def reference(service: str) -> str:
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository(service)}"


def definition(service: str, image: str, role: str, *, template: bool = False) -> dict[str, Any]:
    """Parameters of RegisterTaskDefinition."""
    family = f"{repository(service)}-template" if template else repository(service)
    sent = aws_platform.task_definition(image, role, family)
    (container,) = sent["containerDefinitions"]
    container["name"] = service
    container["logConfiguration"]["options"]["awslogs-group"] = f"/ecs/axonflow-{ENVIRONMENT}/{service}"
    return sent


@dataclass(frozen=True)
class Group:
    """A service's pair of target groups and the rule that chooses."""

    arns: tuple[str, str]
    rule: str


def create(clients: Clients) -> str:
    """Make everything; each service stands on its template with 0 tasks. Returns the role of the tasks."""
    network, role = aws_platform.create_network(clients), aws_platform.create_role(clients)
    clients("ecs").create_cluster(clusterName=CLUSTER)
    _create_table(clients)
    _create_alarm(clients)
    listener = _create_listener(clients, network)
    _put(clients, "platform", _platform_contract().dump())
    for number, service in enumerate(COUNTS, start=1):
        group = _create_group(clients, network, listener, service, number)
        _create_service(clients, network, role, group, service)
    return role


def _create_table(clients: Clients) -> None:
    indexes = ("open", "organisation")
    clients("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=_keys("pk"),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *indexes)],
        GlobalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": _keys(name), "Projection": {"ProjectionType": "ALL"}} for name in indexes
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _keys(partition: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


def _create_alarm(clients: Clients) -> None:
    # No traffic is measured: what a story says of the alarm stays so.
    put_alarm(clients("cloudwatch"), ALARM, TreatMissingData="ignore")


def _create_listener(clients: Clients, network: aws_platform.Network) -> str:
    elb = clients("elbv2")
    balancer = elb.create_load_balancer(Name="platform", Subnets=list(network.public), SecurityGroups=[network.security_group])
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    arn: str = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[nothing]
    )["Listeners"][0]["ListenerArn"]
    return arn


def _create_group(clients: Clients, network: aws_platform.Network, listener: str, service: str, number: int) -> Group:
    elb = clients("elbv2")
    arns = [aws_platform.create_group(elb, network, f"{service}-{colour}", 60) for colour in ("blue", "green")]
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(arns, (1, 0), strict=True)]
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=number,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{service}/*"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}],
    )["Rules"][0]["RuleArn"]
    return Group((arns[0], arns[1]), rule)


def _create_service(clients: Clients, network: aws_platform.Network, role: str, group: Group, service: str) -> None:
    clients("ecr").create_repository(repositoryName=repository(service), imageTagMutability="IMMUTABLE")
    clients("logs").create_log_group(logGroupName=f"/ecs/axonflow-{ENVIRONMENT}/{service}")
    sent = definition(service, f"{reference(service)}:unreleased", role, template=True)
    template = clients("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    balancer = aws_platform.Balancer("", "", "", group.rule, group.arns)
    asked = aws_platform.service(network, balancer, role, template, name=service_name(service))
    asked["cluster"] = CLUSTER
    asked["loadBalancers"][0]["containerName"] = service
    clients("ecs").create_service(**asked)
    _put(clients, f"services/{service}", contract(service, template, group).dump())


def _platform_contract() -> PlatformContract:
    return platform_contract(CLUSTER, "http://127.0.0.1:8080")


def contract(service: str, template: str, group: Group) -> ServiceContract:
    return ServiceContract(
        name=service,
        service=service_arn(service),
        family=repository(service),
        template=template,
        container=service,
        repository=reference(service),
        desired_count=COUNTS[service],
        target_groups=group.arns,
        listener_rule=group.rule,
    )


def tell(clients: Clients, service: str, **changes: Any) -> None:
    """The infrastructure moves on: the service's contract says something else."""
    _put(clients, f"services/{service}", json.dumps(said_of(clients, service) | changes))


def said_of(clients: Clients, service: str) -> dict[str, Any]:
    """What the service's contract says now."""
    name = f"{contract_path(ENVIRONMENT)}services/{service}"
    said: dict[str, Any] = json.loads(clients("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    return said


def _put(clients: Clients, name: str, value: str) -> None:
    clients("ssm").put_parameter(Name=f"{contract_path(ENVIRONMENT)}{name}", Type="String", Value=value, Overwrite=True)


def renew_template(clients: Clients, role: str, service: str) -> None:
    """The infrastructure moves on: a newer template, named by the contract."""
    sent = definition(service, f"{reference(service)}:unreleased", role, template=True)
    tell(clients, service, template=clients("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"])
