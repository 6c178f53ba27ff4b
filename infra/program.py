"""The platform, put together: reads the stack's settings and declares the components in the order of their dependencies."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.contract.contract import Contract, ContractArgs
from infra.contract.releases_table import ReleasesTable, ReleasesTableArgs
from infra.core.arns import EnvironmentArns
from infra.core.dependency import Dependency
from infra.core.names import Names
from infra.data.cache import Cache, CacheArgs
from infra.data.database import Database, DatabaseArgs
from infra.iam.boundary import Boundary, BoundaryArgs
from infra.iam.roles import Roles, RolesArgs
from infra.ingress.ingress import Backend, Ingress, IngressArgs, build_ingress
from infra.maintenance.database_tasks import Maintenance, MaintenanceArgs
from infra.monitoring.monitoring import Monitoring, MonitoringArgs
from infra.network.network import Network, NetworkArgs
from infra.service.cluster import Cluster, ClusterArgs
from infra.service.service import Service, ServiceArgs
from infra.settings import Environment, SettingsError, load


def main() -> None:
    """Declare the platform of the current stack."""
    platform = pulumi.Config("axonflow").require_object("platform")
    region = pulumi.Config("aws").require("region")
    try:
        environment = load(pulumi.get_stack(), region, platform)
    except SettingsError as error:
        # The engine shows a RunError without a traceback.
        raise pulumi.RunError(str(error)) from None
    build(environment)


def build(environment: Environment) -> None:
    """Declare every resource of an environment."""
    names, platform = Names(environment.name), environment.platform
    account = aws.get_caller_identity_output().account_id
    boundary = Boundary("boundary", BoundaryArgs(names=names, region=environment.region, promotion=environment.promotion))
    network = _network(environment, names, account)
    cluster = Cluster("cluster", ClusterArgs(names=names, account=account))
    ingress = _ingress(environment, names, network, account)
    database, cache = _database(environment, names, network, account), _cache(environment, names, network)
    releases = ReleasesTable("releases", ReleasesTableArgs(names=names, protect=platform.protect))
    shared = _Shared(environment, names, account, network, ingress, cluster, (database.dependency, cache.dependency))
    services = {name: _service(name, shared) for name in platform.services}
    roles = Roles("roles", RolesArgs(arns=_arns(environment, names, account), settings=platform.access))
    maintenance = _maintenance(shared, database)
    monitoring = Monitoring(
        "monitoring",
        MonitoringArgs(
            names=names,
            account=account,
            region=environment.region,
            settings=platform.alarms,
            services={name: service.metrics for name, service in services.items()},
            service_arns=[service.arn for service in services.values()],
            load_balancers=ingress.load_balancers,
            database=database.identifier,
            database_log=database.log_group,
            storage_gib=platform.database.storage_gib,
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
            url=ingress.url,
            services=services,
            settings=platform.services,
            windows=platform.release_windows,
            promotion=environment.promotion,
            protected=platform.protect,
        ),
        depends_on=[
            *(boundary, roles, network, *ingress.components, cluster, database, cache, releases, *services.values()),
            *(maintenance, monitoring),
        ],
    )
    pulumi.export("url", ingress.url)
    pulumi.export("cluster", cluster.arn)


@dataclass(frozen=True)
class _Shared:
    """What every service is built on."""

    environment: Environment
    names: Names
    account: pulumi.Output[str]
    network: Network
    ingress: Ingress
    cluster: Cluster
    dependencies: tuple[Dependency, ...]


def _ingress(environment: Environment, names: Names, network: Network, account: pulumi.Output[str]) -> Ingress:
    platform = environment.platform
    return build_ingress(
        IngressArgs(
            names=names,
            account=account,
            network=network,
            settings=platform.load_balancer,
            domain=platform.domain,
            backends={name: Backend(exposure=each.exposure, port=each.port) for name, each in platform.services.items()},
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
        )
    )


def _arns(environment: Environment, names: Names, account: pulumi.Output[str]) -> EnvironmentArns:
    return EnvironmentArns(
        names=names,
        region=environment.region,
        account=account,
        services=tuple(environment.platform.services),
        promotion=environment.promotion,
    )


def _network(environment: Environment, names: Names, account: pulumi.Output[str]) -> Network:
    platform = environment.platform
    return Network(
        "network",
        NetworkArgs(
            names=names,
            account=account,
            region=environment.region,
            settings=platform.network,
            log_retention_days=platform.log_retention_days,
        ),
    )


def _database(environment: Environment, names: Names, network: Network, account: pulumi.Output[str]) -> Database:
    platform = environment.platform
    return Database(
        "database",
        DatabaseArgs(
            names=names,
            account=account,
            settings=platform.database,
            vpc_id=network.vpc_id,
            subnet_ids=network.isolated_subnet_ids,
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
            disposable=platform.disposable,
        ),
    )


def _maintenance(shared: _Shared, database: Database) -> Maintenance:
    platform = shared.environment.platform
    return Maintenance(
        "maintenance",
        MaintenanceArgs(
            names=shared.names,
            account=shared.account,
            region=shared.environment.region,
            version=platform.operations_version,
            registry=platform.registry,
            log_retention_days=platform.log_retention_days,
            protect=platform.protect,
            cluster_arn=shared.cluster.arn,
            vpc_id=shared.network.vpc_id,
            subnet_ids=shared.network.private_subnet_ids,
            database=database.dependency,
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
            disposable=platform.disposable,
        ),
    )


def _service(name: str, shared: _Shared) -> Service:
    platform = shared.environment.platform
    settings = platform.services[name]
    return Service(
        name,
        ServiceArgs(
            names=shared.names,
            account=shared.account,
            region=shared.environment.region,
            settings=settings,
            registry=platform.registry,
            log_retention_days=platform.log_retention_days,
            alarms=platform.alarms,
            spot_percent=platform.spot_percent,
            protect=platform.protect,
            cluster_arn=shared.cluster.arn,
            traffic_role_arn=shared.cluster.traffic_role_arn,
            vpc_id=shared.network.vpc_id,
            subnet_ids=shared.network.private_subnet_ids,
            route=shared.ingress.route(name),
            dependencies=[
                *(dependency for dependency in shared.dependencies if dependency.name in settings.uses),
                *shared.ingress.dependencies(name),
            ],
            public_urls=shared.ingress.public_urls(name),
        ),
    )
