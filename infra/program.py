"""The platform, put together: reads the stack's settings and builds the components in the order of their needs."""

from __future__ import annotations

import pulumi

from infra.cluster import Cluster, ClusterArgs
from infra.loadbalancer import LoadBalancer, LoadBalancerArgs
from infra.naming import Names
from infra.network import Network, NetworkArgs
from infra.release import Contract, ContractArgs, Releases, ReleasesArgs
from infra.service import Service, ServiceArgs
from infra.settings import Environment, SettingsError, load


def main() -> None:
    """Build the platform of the current stack."""
    platform = pulumi.Config("axonflow").require_object("platform")
    region = pulumi.Config("aws").require("region")
    try:
        environment = load(pulumi.get_stack(), region, platform)
    except SettingsError as error:
        # RunError is shown by the engine as it is, without a traceback.
        raise pulumi.RunError(str(error)) from None
    build(environment)


def build(environment: Environment) -> None:
    """Declare every resource of an environment."""
    names, platform = Names(environment.name), environment.platform
    network = Network(
        "network",
        NetworkArgs(
            names=names,
            region=environment.region,
            settings=platform.network,
            log_retention_days=platform.log_retention_days,
        ),
    )
    balancer = LoadBalancer(
        "public",
        LoadBalancerArgs(
            names=names,
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            idle_timeout=platform.load_balancer.idle_timeout,
            protect=platform.protect,
        ),
    )
    cluster = Cluster("cluster", ClusterArgs(names=names))
    releases = Releases("releases", ReleasesArgs(names=names, protect=platform.protect))
    services = {name: _service(name, environment, names, network, balancer, cluster) for name in platform.services}
    Contract(
        "contract",
        ContractArgs(
            names=names,
            region=environment.region,
            cluster_arn=cluster.arn,
            releases_table=releases.table_name,
            url=balancer.url,
            services=services,
            settings=platform.services,
        ),
        written_after=[network, balancer, cluster, releases, *services.values()],
    )
    pulumi.export("url", balancer.url)
    pulumi.export("cluster", cluster.arn)


def _service(
    name: str, environment: Environment, names: Names, network: Network, balancer: LoadBalancer, cluster: Cluster
) -> Service:
    platform = environment.platform
    return Service(
        name,
        ServiceArgs(
            names=names,
            region=environment.region,
            settings=platform.services[name],
            registry=platform.registry,
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
            cluster_arn=cluster.arn,
            traffic_role_arn=cluster.traffic_role_arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            listener_arn=balancer.listener_arn,
            load_balancer_security_group_id=balancer.security_group_id,
        ),
    )
