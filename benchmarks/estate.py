"""Environments to release on, made with boto3 as the infrastructure program leaves them, their services running v1.

Each service has two tasks behind a load balancer that checks every 5 s, 60 s in which old targets drain, the circuit
breaker with its rollback, and no deployment alarms: with them ECS would bake for minutes, for all tools alike.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any

from appdeploy.model.contract import PlatformContract, ServiceContract, contract_path
from tests.support import aws_platform
from tests.support.aws_platform import Balancer
from tests.support.cli_harness import shell
from tests.support.emulator_process import EmulatorProcess
from tests.support.inprocess import REGION
from tests.support.release_platform import ACCOUNT, REGISTRY, create_table

TASKS = 2
_LONGEST = 900
_PAUSE = 2.0
_AT_ONCE = 10
"""Services in one DescribeServices (API reference of ECS)."""


class Ground:
    """An emulator, and what its environments share."""

    def __init__(self, emulator: EmulatorProcess) -> None:
        self.emulator = emulator
        self.shell: Mapping[str, str] = shell(emulator.endpoint)
        self.network = aws_platform.create_network(self.client)
        self.role = aws_platform.create_role(self.client)
        self.client("logs").create_log_group(logGroupName=aws_platform.LOG_GROUP)

    @functools.cache  # noqa: B019 - as long-lived as the ground
    def client(self, service: str) -> Any:
        """A client for AWS in the emulator; safe to use from several threads."""
        return self.emulator.client(service)

    def journal(self) -> list[dict[str, Any]]:
        """The event journal's entries."""
        entries: list[dict[str, Any]] = self.emulator.control("GET", "journal")[1]["entries"]
        return entries


class Estate:
    """An environment with so many services on a cluster of its own."""

    def __init__(self, ground: Ground, environment: str, count: int) -> None:
        self.ground, self.environment = ground, environment
        self.cluster = f"axonflow-{environment}-cluster"
        self.families = [f"axonflow-{environment}-s{number}" for number in range(1, count + 1)]
        """One for each service: of its task definitions, and the name of its repository."""
        ground.client("ecs").create_cluster(clusterName=self.cluster)
        create_table(ground.client("dynamodb"), self._table)
        self._write("platform", self._platform_contract().dump())
        listener = self._listener()
        for number, family in enumerate(self.families, start=1):
            self._create(listener, number, family)

    @property
    def services(self) -> list[str]:
        """Their names in ECS."""
        return [f"{family}-service" for family in self.families]

    @property
    def arns(self) -> frozenset[str]:
        """Of the services."""
        return frozenset(map(self._arn, self.families))

    def push(self, version: str, behaviour: str, families: Sequence[str] = ()) -> None:
        """Push an image for each service, or for those of these families."""
        for family in families or self.families:
            status, document = self.ground.emulator.control(
                "POST", "images", {"repository": family, "tag": version, "behaviour": behaviour}
            )
            assert status == 200, document

    def register(self, family: str, version: str) -> str:
        """Register a revision of a service; returns its ARN."""
        return self._register(family, f"{REGISTRY}/{family}:{version}")

    def wait(self) -> None:
        """Until ECS has nothing more to do for any service."""
        end = time.monotonic() + _LONGEST
        while not all(map(_is_settled, self._described())):
            assert time.monotonic() < end, f"{self.environment} does not come to rest"
            time.sleep(_PAUSE)

    @property
    def _table(self) -> str:
        return f"axonflow-{self.environment}-releases"

    def _described(self) -> list[dict[str, Any]]:
        ecs, names = self.ground.client("ecs"), self.services
        return [
            service
            for start in range(0, len(names), _AT_ONCE)
            for service in ecs.describe_services(cluster=self.cluster, services=names[start : start + _AT_ONCE])["services"]
        ]

    def _arn(self, family: str) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{self.cluster}/{family}-service"

    def _listener(self) -> str:
        elb, network = self.ground.client("elbv2"), self.ground.network
        made = elb.create_load_balancer(
            Name=self.environment, Subnets=list(network.public), SecurityGroups=[network.security_group]
        )["LoadBalancers"][0]
        nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
        arn: str = elb.create_listener(
            LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[nothing]
        )["Listeners"][0]["ListenerArn"]
        return arn

    def _create(self, listener: str, number: int, family: str) -> None:
        ground = self.ground
        balancer = self._balancer(listener, number)
        ground.client("ecr").create_repository(repositoryName=family, imageTagMutability="IMMUTABLE")
        template = self._register(f"{family}-template", f"{REGISTRY}/{family}:unreleased")
        ground.emulator.control("POST", "images", {"repository": family, "tag": "v1", "behaviour": "healthy"})
        running = self.register(family, "v1")
        sent = aws_platform.service(ground.network, balancer, ground.role, running, desired=TASKS, name=f"{family}-service")
        ground.client("ecs").create_service(**{**sent, "cluster": self.cluster})
        self._write(f"services/s{number}", self._service_contract(number, family, template, balancer).dump())

    def _balancer(self, listener: str, number: int) -> Balancer:
        """A service's pair of target groups, and the rule that chooses."""
        elb, network = self.ground.client("elbv2"), self.ground.network
        blue, green = (
            aws_platform.create_group(elb, network, f"{self.environment}-{number}-{colour}", delay=60)
            for colour in ("blue", "green")
        )
        weighted = [{"TargetGroupArn": blue, "Weight": 1}, {"TargetGroupArn": green, "Weight": 0}]
        rule = elb.create_rule(
            ListenerArn=listener,
            Priority=number,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/s{number}/*"]}}],
            Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}],
        )["Rules"][0]["RuleArn"]
        return Balancer("", "", listener, rule, (blue, green))

    def _register(self, family: str, image: str) -> str:
        sent = aws_platform.task_definition(image, self.ground.role, family)
        arn: str = self.ground.client("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        return arn

    def _write(self, name: str, value: str) -> None:
        path = f"{contract_path(self.environment)}{name}"
        self.ground.client("ssm").put_parameter(Name=path, Type="String", Value=value)

    def _platform_contract(self) -> PlatformContract:
        return PlatformContract(
            environment=self.environment,
            account=ACCOUNT,
            region=REGION,
            cluster=f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{self.cluster}",
            releases_table=self._table,
            event_bus=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
            url="http://127.0.0.1:1",
        )

    def _service_contract(self, number: int, family: str, template: str, balancer: Balancer) -> ServiceContract:
        return ServiceContract(
            name=f"s{number}",
            service=self._arn(family),
            family=family,
            template=template,
            container="agent",
            repository=f"{REGISTRY}/{family}",
            desired_count=TASKS,
            target_groups=balancer.groups,
            listener_rule=balancer.rule,
        )


def _is_settled(service: Mapping[str, Any]) -> bool:
    deployments = service["deployments"]
    return len(deployments) == 1 and deployments[0]["rolloutState"] == "COMPLETED"
