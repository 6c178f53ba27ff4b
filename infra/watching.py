"""All that watches the platform, put together: topics, alarms, notices, dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.alarms import Alarms, AlarmsArgs
from infra.component import Component
from infra.dashboards import Dashboards, DashboardsArgs
from infra.database import Database
from infra.metrics import balancer_metrics, balancer_suffix, database_metrics
from infra.naming import Names
from infra.notices import Notices, NoticesArgs
from infra.service import Service
from infra.settings import Environment
from infra.topics import Topics, TopicsArgs


@dataclass(frozen=True, kw_only=True)
class WatchingArgs:
    """What is watched."""

    environment: Environment
    names: Names
    account: pulumi.Input[str]
    database: Database
    services: Mapping[str, Service]
    balancers: Mapping[str, pulumi.Output[str]]
    """ARNs of the load balancers, by their names here."""


class Watching(Component):
    """A component of components, so that whoever waits for it waits for all of them."""

    TYPE = "axonflow:platform:Watching"

    def __init__(self, name: str, args: WatchingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        platform, names, mine = args.environment.platform, args.names, pulumi.ResourceOptions(parent=self)
        told = TopicsArgs(names=names, account=args.account, subscriptions=platform.alarms.subscriptions)
        topics = Topics("topics", told, mine).arns
        services = {service: made.metrics for service, made in args.services.items()}
        Alarms(
            "alarms",
            AlarmsArgs(
                names=names,
                settings=platform.alarms,
                topics=topics,
                services=services,
                balancers=args.balancers,
                database=args.database.identifier,
                database_log=args.database.log_group,
                storage_gib=platform.database.storage_gib,
            ),
            mine,
        )
        arns = [service.arn for service in args.services.values()]
        Notices("notices", NoticesArgs(names=names, topics=topics, service_arns=arns), mine)
        Dashboards(
            "dashboards",
            DashboardsArgs(
                names=names,
                region=args.environment.region,
                services=services,
                balancers={key: balancer_metrics(arn.apply(balancer_suffix)) for key, arn in args.balancers.items()},
                database=database_metrics(names, args.database.identifier),
            ),
            mine,
        )
        self.register_outputs({})
