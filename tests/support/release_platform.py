"""A platform as `pulumi up` leaves it, made with boto3 alone: in process, or in an emulator of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appdeploy.model.contract import PlatformContract, ServiceContract, contract_path
from tests.support import aws_platform
from tests.support.aws_platform import Balancer, Network

ACCOUNT = "123456789012"
REGION = "eu-central-1"
TABLE = "axonflow-staging-releases"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Platform:
    """What the tests of releases stand on: one service without a release."""

    network: Network
    balancer: Balancer
    role: str
    service: str
    """Its ARN."""


def build(clients: Clients, network: Network, role: str) -> Platform:
    """Everything around the one service, and the contract that names it."""
    balancer = aws_platform.create_balancer(clients, network, delay=10)
    clients("ecr").create_repository(repositoryName=aws_platform.REPOSITORY, imageTagMutability="IMMUTABLE")
    clients("logs").create_log_group(logGroupName=aws_platform.LOG_GROUP)
    clients("ecs").create_cluster(clusterName=aws_platform.CLUSTER)
    return complete(clients, network, balancer, role)


def complete(clients: Clients, network: Network, balancer: Balancer, role: str) -> Platform:
    """The service on its template, the releases table and the contract."""
    image = f"{REGISTRY}/{aws_platform.REPOSITORY}:unreleased"
    sent = aws_platform.task_definition(image, role, aws_platform.TEMPLATE)
    template = clients("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    service = aws_platform.service(network, balancer, role, template)
    arn = clients("ecs").create_service(**service)["service"]["serviceArn"]
    create_table(clients("dynamodb"))
    _write_contract(clients("ssm"), arn, template, balancer)
    return Platform(network, balancer, role, arn)


_INDEXES = ("open", "organisation")


def _index(name: str) -> dict[str, Any]:
    keys = [{"AttributeName": name, "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


def create_table(dynamodb: Any, name: str = TABLE) -> None:
    """The table of releases, as the infrastructure program makes it."""
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *_INDEXES)],
        GlobalSecondaryIndexes=[_index(name) for name in _INDEXES],
        BillingMode="PAY_PER_REQUEST",
    )


def _write_contract(ssm: Any, service: str, template: str, balancer: Balancer) -> None:
    documents = {
        "platform": PlatformContract(
            environment="staging",
            account=ACCOUNT,
            region=REGION,
            cluster=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{aws_platform.CLUSTER}",
            releases_table=TABLE,
            event_bus=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
            url="http://127.0.0.1:1",
        ),
        "services/agent": ServiceContract(
            name="agent",
            service=service,
            family=aws_platform.FAMILY,
            template=template,
            container="agent",
            repository=f"{REGISTRY}/{aws_platform.REPOSITORY}",
            desired_count=2,
            target_groups=balancer.groups,
            listener_rule=balancer.rule,
        ),
    }
    for name, document in documents.items():
        ssm.put_parameter(Name=f"{contract_path('staging')}{name}", Value=document.dump(), Type="String")
