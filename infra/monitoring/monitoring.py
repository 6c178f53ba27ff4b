"""All of monitoring, put together: topics, alarms, event rules, dashboards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.core.component import Component
from infra.monitoring.alarms import Alarms, MonitoredArgs
from infra.monitoring.dashboards import Dashboards, DashboardsArgs
from infra.monitoring.event_rules import EventRules, EventRulesArgs
from infra.monitoring.metrics import database_metrics, load_balancer_metrics, load_balancer_suffix
from infra.monitoring.topics import Topics, TopicsArgs


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs(MonitoredArgs):
    """What is monitored."""

    account: pulumi.Input[str]
    region: str
    service_arns: Sequence[pulumi.Input[str]]


class Monitoring(Component):
    """A component of components, so that what depends on it depends on all of them."""

    TYPE = "axonflow:platform:Monitoring"

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        names, inside = args.names, pulumi.ResourceOptions(parent=self)
        subscribed = TopicsArgs(names=names, account=args.account, subscriptions=args.settings.subscriptions)
        topics = Topics("topics", subscribed, inside).arns
        Alarms("alarms", args, topics, inside)
        EventRules("event-rules", EventRulesArgs(names=names, topics=topics, service_arns=args.service_arns), inside)
        Dashboards(
            "dashboards",
            DashboardsArgs(
                names=names,
                region=args.region,
                services=args.services,
                load_balancers={
                    key: load_balancer_metrics(arn.apply(load_balancer_suffix)) for key, arn in args.load_balancers.items()
                },
                database=database_metrics(names, args.database),
            ),
            inside,
        )
        self.register_outputs({})
