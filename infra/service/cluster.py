"""The ECS cluster, its capacity providers, and the role by which ECS moves traffic between target groups."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.iam.service_role import service_role

ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"
LOAD_BALANCER_POLICY = "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs(ComponentArgs):
    """The environment's names and account."""

    account: pulumi.Input[str]


def capacity_provider_strategies(spot_percent: int) -> list[aws.ecs.ServiceCapacityProviderStrategyArgs]:
    """The first task of a service on demand, of the others `spot_percent` in a hundred on Fargate Spot
    (docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html)."""
    providers = {ON_DEMAND: (1, 100 - spot_percent), SPOT: (0, spot_percent)}
    return [
        aws.ecs.ServiceCapacityProviderStrategyArgs(capacity_provider=provider, base=base, weight=weight)
        for provider, (base, weight) in providers.items()
        if base or weight
    ]


class Cluster(Component):
    """A Fargate cluster with container insights."""

    TYPE = "axonflow:platform:Cluster"

    arn: pulumi.Output[str]
    traffic_role_arn: pulumi.Output[str]
    """Role that ECS assumes to register targets and shift weights during a deployment."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        cluster = aws.ecs.Cluster(
            name,
            name=args.names.cluster,
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
            opts=self.child(),
        )
        providers = aws.ecs.ClusterCapacityProviders(
            name, cluster_name=cluster.name, capacity_providers=[ON_DEMAND, SPOT], opts=self.child()
        )
        # ECS refuses a service whose capacity provider the cluster does not have yet.
        self.arn = pulumi.Output.all(cluster.arn, providers.id).apply(lambda values: str(values[0]))
        # ECS does not check the policy when a service is created, and fails later.
        self.traffic_role_arn = service_role(
            self,
            f"{name}-traffic",
            f"{args.names.stack}-ecs-traffic",
            "ecs.amazonaws.com",
            args.account,
            LOAD_BALANCER_POLICY,
            "ECS registers targets and shifts listener weights with it",
        )
        self.register_outputs({"arn": self.arn})
