"""The dashboards of the runbook, as data: rows of widgets, each a handful of named metrics.

Format: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.core.component import Component, ComponentArgs
from infra.monitoring.metrics import Metric, Metrics

WIDTH = 24
"""Units of a dashboard's grid."""
HEIGHT = 6
PERIOD_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs(ComponentArgs):
    """What is shown."""

    region: str
    services: Mapping[str, Metrics]
    load_balancers: Mapping[str, Metrics]
    database: Metrics


@dataclass(frozen=True)
class Series:
    """One line of a widget: a metric, or the sum or maximum over a service's two target groups."""

    label: str
    metrics: tuple[str, ...]
    combined: str = ""
    """Metric math over two metrics `x` and `y`; empty for a single metric."""


@dataclass(frozen=True)
class Widget:
    """One widget."""

    title: str
    series: tuple[Series, ...]


def _sum(label: str, metric: str) -> Series:
    return Series(label, (f"{metric}_a", f"{metric}_b"), "FILL(x, 0) + FILL(y, 0)")


def _largest(label: str, metric: str) -> Series:
    return Series(label, (f"{metric}_a", f"{metric}_b"), "IF(FILL(x, 0) > FILL(y, 0), x, y)")


def _one(label: str, metric: str) -> Series:
    return Series(label, (metric,))


OVERVIEW = (
    Widget("requests", (_sum("requests", "requests"),)),
    Widget("errors", (_sum("5xx", "errors"),)),
    Widget("response time, 95th percentile", (_largest("p95", "p95"),)),
    Widget("healthy targets and running tasks", (_sum("healthy", "healthy"), _one("running", "running"))),
)
DETAILED = (
    Widget("tasks", (_one("running", "running"), _one("desired", "desired"), _one("pending", "pending"))),
    Widget("CPU and memory, %", (_one("CPU", "cpu"), _one("memory", "memory"))),
    Widget("targets", (_sum("healthy", "healthy"), _sum("unhealthy", "unhealthy"))),
    Widget("requests", (_sum("requests", "requests"), _sum("requests per target", "requests_per_target"))),
    Widget("responses", (_sum("2xx", "successes"), _sum("4xx", "client_errors"), _sum("5xx", "errors"))),
    Widget("response time, seconds", (_largest("p50", "p50"), _largest("p95", "p95"), _largest("p99", "p99"))),
)
LOAD_BALANCER = (Widget("load balancer", (_one("requests", "requests_all"), _one("5xx of its own", "lb_errors"))),)
DATABASE = (
    Widget("connections", (_one("connections", "connections"),)),
    Widget("CPU, %", (_one("CPU", "cpu"),)),
    Widget("free storage, bytes", (_one("free", "free"),)),
    Widget("free memory, bytes", (_one("free", "memory"),)),
    Widget("query latency: slow statements", (_one("slow statements", "slow"),)),
    Widget("query latency: active sessions", (_one("sessions", "load"),)),
    Widget("disk latency, seconds", (_one("read", "read"), _one("write", "write"))),
)


class Dashboards(Component):
    """Overview, details of each service, database."""

    TYPE = "axonflow:platform:Dashboards"

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        load_balancers = [(name, metrics, LOAD_BALANCER) for name, metrics in args.load_balancers.items()]
        shown: dict[str, list[tuple[str, Metrics, tuple[Widget, ...]]]] = {
            "Overview": [*((name, metrics, OVERVIEW) for name, metrics in args.services.items()), *load_balancers],
            "Detailed": [*((name, metrics, DETAILED) for name, metrics in args.services.items()), *load_balancers],
            "Database": [("database", args.database, DATABASE)],
        }
        for what, rows in shown.items():
            aws.cloudwatch.Dashboard(
                what.lower(),
                dashboard_name=args.names.dashboard(what),
                dashboard_body=pulumi.Output.json_dumps({"widgets": list(_widgets(rows, args.region))}),
                opts=self.child(),
            )
        self.register_outputs({})


def _widgets(rows: Sequence[tuple[str, Metrics, tuple[Widget, ...]]], region: str) -> Iterator[dict[str, object]]:
    for row, (name, metrics, widgets) in enumerate(rows):
        width = WIDTH // len(widgets)
        for column, widget in enumerate(widgets):
            yield {
                "type": "metric",
                "x": column * width,
                "y": row * HEIGHT,
                "width": width,
                "height": HEIGHT,
                "properties": {
                    "title": f"{name}: {widget.title}",
                    "region": region,
                    "view": "timeSeries",
                    "period": PERIOD_SECONDS,
                    "metrics": [entry for at, each in enumerate(widget.series) for entry in _entries(at, each, metrics)],
                },
            }


def _entries(at: int, series: Series, metrics: Metrics) -> Iterator[list[object]]:
    """The metrics of one line: a single one, or an expression over two hidden ones."""
    if not series.combined:
        [key] = series.metrics
        yield _entry(metrics[key], {"label": series.label})
        return
    ids = [f"{letter}{at}" for letter in "xy"]
    yield [{"expression": series.combined.replace("x", ids[0]).replace("y", ids[1]), "label": series.label, "id": f"e{at}"}]
    for key, id_ in zip(series.metrics, ids, strict=True):
        yield _entry(metrics[key], {"id": id_, "visible": False})


def _entry(metric: Metric, options: dict[str, object]) -> list[object]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.stat, **options}]
