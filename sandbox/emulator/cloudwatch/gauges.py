"""What AWS reports once a minute of targets, services and databases.

Load balancers: docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html; services:
docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html and
docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html; databases:
docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from moto.ecs.models import ecs_backends

from sandbox.emulator.cloudwatch.meter import NAMESPACE, group_of, region_of
from sandbox.emulator.cloudwatch.series import Metrics, Series
from sandbox.emulator.ecs.model import Service, ServiceStatus
from sandbox.emulator.ecs.rolling import counts
from sandbox.emulator.ecs.scheduler import services
from sandbox.emulator.elb.routing import groups_in_use, load_balancers
from sandbox.emulator.elb.targets import TargetState, TargetTable

INSIGHTS = "ECS/ContainerInsights"
_GIB = 2.0**30
_IDLE_TASK = {"CPUUtilization": 3.0, "MemoryUtilization": 25.0}
"""Percent. The tasks here do next to nothing: the figures say that they run, not what they do."""
_IDLE_DATABASE = {
    "CPUUtilization": (5.0, "Percent"),
    "DatabaseConnections": (4.0, "Count"),
    "DBLoad": (0.1, "None"),
    "FreeableMemory": (_GIB, "Bytes"),
    "ReadLatency": (0.001, "Seconds"),
    "WriteLatency": (0.002, "Seconds"),
}
"""Of a database that nobody uses: nothing listens at its address."""
_FREE = 0.8
"""Share of a database's storage that is free."""

Sample = tuple[Series, float, str]


def sample(metrics: Metrics, targets: TargetTable, slot: int) -> Iterator[Sample]:
    """What is to be reported for a slot that has just ended. The caller holds the scheduler's lock."""
    yield from _targets(metrics, targets, slot)
    for service in services():
        if service.status is ServiceStatus.ACTIVE:
            yield from _service(service)
    yield from _databases()


def _targets(metrics: Metrics, targets: TargetTable, slot: int) -> Iterator[Sample]:
    """A group without targets reports nothing: neither that it has none, nor that none is healthy."""
    for balancer in load_balancers():
        for arn in sorted(groups_in_use(balancer)):
            states = [target.verdict.state for target in targets.of_group(arn) if target.drain_started is None]
            if not states:
                continue
            region, suffix = region_of(arn), balancer.arn.split(":loadbalancer/", 1)[1]
            dimensions = {"LoadBalancer": suffix, "TargetGroup": group_of(arn)}

            def series(name: str, region: str = region, dimensions: dict[str, str] = dimensions) -> Series:
                return Series.of(region, NAMESPACE, name, dimensions)

            yield series("HealthyHostCount"), float(states.count(TargetState.HEALTHY)), "Count"
            yield series("UnHealthyHostCount"), float(states.count(TargetState.UNHEALTHY)), "Count"
            requests = metrics.over(series("RequestCount"), slot, slot + 1)
            if requests is not None:
                yield series("RequestCountPerTarget"), requests.total / len(states), "Count"


def _service(service: Service) -> Iterator[Sample]:
    running, pending = counts(service)
    dimensions = {"ClusterName": service.cluster_name, "ServiceName": service.name}
    if _has_insights(service):
        tasks = {"DesiredTaskCount": service.desired_count, "RunningTaskCount": running, "PendingTaskCount": pending}
        for name, count in tasks.items():
            yield Series.of(service.region, INSIGHTS, name, dimensions), float(count), "Count"
    if running:
        for name, percent in _IDLE_TASK.items():
            yield Series.of(service.region, "AWS/ECS", name, dimensions), percent, "Percent"


def _has_insights(service: Service) -> bool:
    cluster = ecs_backends[service.account][service.region].clusters[service.cluster_name]
    settings = {item["name"]: item["value"] for item in cluster.settings or []}
    return settings.get("containerInsights") in ("enabled", "enhanced")


def _databases() -> Iterator[Sample]:
    """One that is stopped, or not there yet, reports nothing."""
    for region, database in _running_databases():
        dimensions = {"DBInstanceIdentifier": database.db_instance_identifier}
        free = float(database.allocated_storage) * _GIB * _FREE
        for name, (value, unit) in {**_IDLE_DATABASE, "FreeStorageSpace": (free, "Bytes")}.items():
            yield Series.of(region, "AWS/RDS", name, dimensions), value, unit


def _running_databases() -> Iterator[tuple[str, Any]]:
    loaded = sys.modules.get("moto.rds.models")
    # Not loaded is not used yet; loading it here would delay every start by a fifth of a second.
    for regions in list(loaded.rds_backends.values()) if loaded else []:
        for region, backend in list(regions.items()):
            for database in list(backend.databases.values()):
                if database.status == "available":
                    yield region, database
