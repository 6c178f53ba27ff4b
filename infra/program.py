"""The platform, put together: reads the stack's settings and builds the components in the order of their needs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.cache import Cache, CacheArgs
from infra.cluster import Cluster, ClusterArgs
from infra.connection import Connection
from infra.database import Database, DatabaseArgs
from infra.loadbalancer import LoadBalancer, LoadBalancerArgs
from infra.naming import Names
from infra.network import Network, NetworkArgs
from infra.release import Contract, ContractArgs, Releases, ReleasesArgs
from infra.service import Service, ServiceArgs
from infra.settings import Environment, SettingsError, load
from infra.watching import Watching, WatchingArgs


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
    network = _network(environment, names)
    balancer = _balancer(environment, names, network)
    cluster = Cluster("cluster", ClusterArgs(names=names))
    database, cache = _database(environment, names, network), _cache(environment, names, network)
    releases = Releases("releases", ReleasesArgs(names=names, protect=platform.protect))
    parts = _Parts(environment, names, network, balancer, cluster, (database.connection, cache.connection))
    services = {name: _service(name, parts) for name in platform.services}
    watching = Watching(
        "watching",
        WatchingArgs(
            environment=environment,
            names=names,
            cluster_arn=cluster.arn,
            database=database,
            services=services,
            balancers={"public": balancer.arn},
        ),
    )
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
        written_after=[network, balancer, cluster, database, cache, releases, *services.values(), watching],
    )
    pulumi.export("url", balancer.url)
    pulumi.export("cluster", cluster.arn)


@dataclass(frozen=True)
class _Parts:
    """What every service is built on."""

    environment: Environment
    names: Names
    network: Network
    balancer: LoadBalancer
    cluster: Cluster
    connections: tuple[Connection, ...]


def _network(environment: Environment, names: Names) -> Network:
    platform = environment.platform
    return Network(
        "network",
        NetworkArgs(
            names=names,
            region=environment.region,
            settings=platform.network,
            log_retention_days=platform.log_retention_days,
        ),
    )


def _balancer(environment: Environment, names: Names, network: Network) -> LoadBalancer:
    platform = environment.platform
    return LoadBalancer(
        "public",
        LoadBalancerArgs(
            names=names,
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            idle_timeout=platform.load_balancer.idle_timeout,
            protect=platform.protect,
        ),
    )


def _database(environment: Environment, names: Names, network: Network) -> Database:
    platform = environment.platform
    return Database(
        "database",
        DatabaseArgs(
            names=names,
            settings=platform.database,
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
        ),
    )


def _cache(environment: Environment, names: Names, network: Network) -> Cache:
    platform = environment.platform
    return Cache(
        "cache",
        CacheArgs(
            names=names,
            settings=platform.cache,
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            protect=platform.protect,
        ),
    )


def _service(name: str, parts: _Parts) -> Service:
    platform = parts.environment.platform
    settings = platform.services[name]
    return Service(
        name,
        ServiceArgs(
            names=parts.names,
            region=parts.environment.region,
            settings=settings,
            registry=platform.registry,
            log_retention_days=platform.log_retention_days,
            alarms=platform.alarms,
            protect=platform.protect,
            cluster_arn=parts.cluster.arn,
            traffic_role_arn=parts.cluster.traffic_role_arn,
            vpc_id=parts.network.vpc_id,
            subnet_ids=parts.network.private_subnet_ids,
            listener_arn=parts.balancer.listener_arn,
            load_balancer_security_group_id=parts.balancer.security_group_id,
            connections=[connection for connection in parts.connections if connection.name in settings.uses],
        ),
    )
