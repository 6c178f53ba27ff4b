"""The platform, put together: reads the stack's settings and builds the components in the order of their needs."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.boundary import Boundary, BoundaryArgs
from infra.cache import Cache, CacheArgs
from infra.cluster import Cluster, ClusterArgs
from infra.connection import Connection
from infra.database import Database, DatabaseArgs
from infra.front import Front, front
from infra.maintenance import Maintenance, MaintenanceArgs
from infra.naming import Names
from infra.network import Network, NetworkArgs
from infra.release import Contract, ContractArgs, Releases, ReleasesArgs
from infra.roles import Roles, RolesArgs
from infra.scope import Scope
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
    account = aws.get_caller_identity_output().account_id
    boundary = Boundary("boundary", BoundaryArgs(names=names, region=environment.region, promotion=environment.promotion))
    network = _network(environment, names)
    cluster = Cluster("cluster", ClusterArgs(names=names))
    entry = front(platform, names, network, account)
    database, cache = _database(environment, names, network), _cache(environment, names, network)
    releases = Releases("releases", ReleasesArgs(names=names, protect=platform.protect))
    parts = _Parts(environment, names, network, entry, cluster, (database.connection, cache.connection))
    services = {name: _service(name, parts) for name in platform.services}
    roles = Roles("roles", RolesArgs(scope=_scope(environment, names, account), settings=platform.access))
    maintenance = _maintenance(environment, names, network, cluster, database)
    watching = Watching(
        "watching",
        WatchingArgs(
            environment=environment,
            names=names,
            account=account,
            database=database,
            services=services,
            balancers=entry.balancers,
        ),
    )
    Contract(
        "contract",
        ContractArgs(
            names=names,
            account=account,
            region=environment.region,
            cluster_arn=cluster.arn,
            releases_table=releases.table_name,
            url=entry.url,
            services=services,
            settings=platform.services,
            windows=platform.release_windows,
            promotion=environment.promotion,
        ),
        written_after=[
            *(boundary, roles, network, *entry.components, cluster, database, cache, releases, *services.values()),
            *(maintenance, watching),
        ],
    )
    pulumi.export("url", entry.url)
    pulumi.export("cluster", cluster.arn)


@dataclass(frozen=True)
class _Parts:
    """What every service is built on."""

    environment: Environment
    names: Names
    network: Network
    entry: Front
    cluster: Cluster
    connections: tuple[Connection, ...]


def _scope(environment: Environment, names: Names, account: pulumi.Output[str]) -> Scope:
    return Scope(
        names=names,
        region=environment.region,
        account=account,
        services=tuple(environment.platform.services),
        promotion=environment.promotion,
    )


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


def _maintenance(environment: Environment, names: Names, network: Network, cluster: Cluster, database: Database) -> Maintenance:
    platform = environment.platform
    return Maintenance(
        "maintenance",
        MaintenanceArgs(
            names=names,
            region=environment.region,
            version=platform.operations_version,
            registry=platform.registry,
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
            cluster_arn=cluster.arn,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            database=database.connection,
            master_secret_arn=database.master_secret_arn,
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
            spot_percent=platform.spot_percent,
            protect=platform.protect,
            cluster_arn=parts.cluster.arn,
            traffic_role_arn=parts.cluster.traffic_role_arn,
            vpc_id=parts.network.vpc_id,
            subnet_ids=parts.network.private_subnet_ids,
            entrance=parts.entry.entrance(name),
            connections=[
                *(connection for connection in parts.connections if connection.name in settings.uses),
                *parts.entry.connections(name),
            ],
            addresses=parts.entry.addresses(name),
        ),
    )
