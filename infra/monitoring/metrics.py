"""The metrics of the platform's resources, by the short names that alarms and dashboards use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.core.names import Names

ELB = "AWS/ApplicationELB"
INSIGHTS = "ECS/ContainerInsights"
ECS = "AWS/ECS"
RDS = "AWS/RDS"
OWN_NAMESPACE = "AxonFlow"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric with its statistic."""

    namespace: str
    name: str
    stat: str
    dimensions: Mapping[str, pulumi.Input[str]]


Metrics = Mapping[str, Metric]


def service_metrics(
    names: Names, service: str, listener_rule_arn: pulumi.Output[str], group_arns: tuple[pulumi.Output[str], pulumi.Output[str]]
) -> Metrics:
    """Of one service; those that end in `_a` and `_b` are of one target group."""
    load_balancer = listener_rule_arn.apply(_load_balancer_of_rule)
    tasks = {"ClusterName": names.cluster, "ServiceName": names.service(service)}
    found = {
        "desired": Metric(namespace=INSIGHTS, name="DesiredTaskCount", stat="Average", dimensions=tasks),
        "running": Metric(namespace=INSIGHTS, name="RunningTaskCount", stat="Average", dimensions=tasks),
        "pending": Metric(namespace=INSIGHTS, name="PendingTaskCount", stat="Average", dimensions=tasks),
        "cpu": Metric(namespace=ECS, name="CPUUtilization", stat="Average", dimensions=tasks),
        "memory": Metric(namespace=ECS, name="MemoryUtilization", stat="Average", dimensions=tasks),
        "lb_errors": load_balancer_metrics(load_balancer)["lb_errors"],
    }
    for letter, arn in zip("ab", group_arns, strict=True):
        group = {"LoadBalancer": load_balancer, "TargetGroup": arn.apply(_group)}
        for key, (name, stat) in _GROUP.items():
            found[f"{key}_{letter}"] = Metric(namespace=ELB, name=name, stat=stat, dimensions=group)
    return found


_GROUP = {
    "requests": ("RequestCount", "Sum"),
    "requests_per_target": ("RequestCountPerTarget", "Sum"),
    "successes": ("HTTPCode_Target_2XX_Count", "Sum"),
    "client_errors": ("HTTPCode_Target_4XX_Count", "Sum"),
    "errors": ("HTTPCode_Target_5XX_Count", "Sum"),
    "p50": ("TargetResponseTime", "p50"),
    "p95": ("TargetResponseTime", "p95"),
    "p99": ("TargetResponseTime", "p99"),
    "healthy": ("HealthyHostCount", "Minimum"),
    "unhealthy": ("UnHealthyHostCount", "Maximum"),
}
"""docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""


def load_balancer_metrics(suffix: pulumi.Input[str]) -> Metrics:
    """Of a load balancer as a whole; `suffix` is `app/NAME/ID`."""
    dimensions = {"LoadBalancer": suffix}
    return {
        "requests_all": Metric(namespace=ELB, name="RequestCount", stat="Sum", dimensions=dimensions),
        "lb_errors": Metric(namespace=ELB, name="HTTPCode_ELB_5XX_Count", stat="Sum", dimensions=dimensions),
    }


_DATABASE = {
    "alive": ("CPUUtilization", "SampleCount"),
    "cpu": ("CPUUtilization", "Average"),
    "connections": ("DatabaseConnections", "Average"),
    "free": ("FreeStorageSpace", "Minimum"),
    "memory": ("FreeableMemory", "Minimum"),
    "load": ("DBLoad", "Average"),
    "read": ("ReadLatency", "Average"),
    "write": ("WriteLatency", "Average"),
}
"""docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html; DBLoad counts active sessions (Performance Insights)."""


def database_metrics(names: Names, identifier: pulumi.Input[str]) -> Metrics:
    """Of the database."""
    dimensions = {"DBInstanceIdentifier": identifier}
    found = {key: Metric(namespace=RDS, name=name, stat=stat, dimensions=dimensions) for key, (name, stat) in _DATABASE.items()}
    return {**found, "slow": Metric(namespace=OWN_NAMESPACE, name=names.slow_queries, stat="Sum", dimensions={})}


def load_balancer_suffix(arn: str) -> str:
    """The dimension value by which CloudWatch identifies a load balancer."""
    return arn.split(":loadbalancer/", 1)[1]


def _load_balancer_of_rule(rule_arn: str) -> str:
    return rule_arn.split(":listener-rule/", 1)[1].rsplit("/", 2)[0]


def _group(group_arn: str) -> str:
    return group_arn.rsplit(":", 1)[1]
