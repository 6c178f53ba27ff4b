"""What the infrastructure program hands over to the release tool: the contract, and the table of releases."""

from __future__ import annotations

from appdeploy.model.contract import PlatformContract, ServiceContract, contract_path
from tests.support import aws_platform
from tests.support.aws_platform import Balancer, Clients
from tests.support.inprocess import REGION

ENVIRONMENT = "staging"
ACCOUNT = "123456789012"
TABLE = f"axonflow-{ENVIRONMENT}-releases"
_REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{aws_platform.REPOSITORY}"


def hand_over(clients: Clients, balancer: Balancer, role: str, url: str) -> None:
    """Make the table, and write the contract of an environment whose one service is there."""
    keys = ("pk", "HASH"), ("sk", "RANGE")
    clients("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    sent = aws_platform.task_definition(f"{_REPOSITORY}:unreleased", role, aws_platform.TEMPLATE)
    template = clients("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    contracts = {"platform": platform_contract(aws_platform.CLUSTER, url), "services/agent": _service(balancer, template)}
    for name, contract in contracts.items():
        clients("ssm").put_parameter(Name=f"{contract_path(ENVIRONMENT)}{name}", Type="String", Value=contract.dump())


def platform_contract(cluster: str, url: str) -> PlatformContract:
    """What the environment has beside its services."""
    return PlatformContract(
        environment=ENVIRONMENT,
        account=ACCOUNT,
        region=REGION,
        cluster=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{cluster}",
        releases_table=TABLE,
        url=url,
    )


def _service(balancer: Balancer, template: str) -> ServiceContract:
    return ServiceContract(
        name="agent",
        service=f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{aws_platform.CLUSTER}/{aws_platform.SERVICE}",
        family=aws_platform.FAMILY,
        template=template,
        container="agent",
        repository=_REPOSITORY,
        desired_count=2,
        target_groups=balancer.groups,
        listener_rule=balancer.rule,
    )
