"""The dashboards of the runbook, as data: rows of graphs, each a handful of named metrics.

Format: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.component import Component
from infra.metrics import Metric, Metrics
from infra.naming import Names

WIDTH = 24
"""Units of a dashboard's grid."""
HEIGHT = 6
PERIOD_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    """What is shown."""

    names: Names
    region: str
    services: Mapping[str, Metrics]
    balancers: Mapping[str, Metrics]
    database: Metrics


@dataclass(frozen=True)
class Line:
    """Metrics of one meaning; what a service's two target groups have is shown as one sum, or one maximum, of both."""

    label: str
    metrics: tuple[str, ...]
    combined: str = ""
    """Metric math over two metrics `x` and `y`; empty for a single metric."""


@dataclass(frozen=True)
class Graph:
    """One widget."""

    title: str
    lines: tuple[Line, ...]


def _sum(label: str, metric: str) -> Line:
    return Line(label, (f"{metric}_a", f"{metric}_b"), "FILL(x, 0) + FILL(y, 0)")


def _largest(label: str, metric: str) -> Line:
    return Line(label, (f"{metric}_a", f"{metric}_b"), "IF(FILL(x, 0) > FILL(y, 0), x, y)")


def _one(label: str, metric: str) -> Line:
    return Line(label, (metric,))


OVERVIEW = (
    Graph("requests", (_sum("requests", "requests"),)),
    Graph("errors", (_sum("5xx", "errors"),)),
    Graph("response time, 95th percentile", (_largest("p95", "p95"),)),
    Graph("healthy targets and running tasks", (_sum("healthy", "healthy"), _one("running", "running"))),
)
DETAILED = (
    Graph("tasks", (_one("running", "running"), _one("desired", "desired"), _one("pending", "pending"))),
    Graph("CPU and memory, %", (_one("CPU", "cpu"), _one("memory", "memory"))),
    Graph("targets", (_sum("healthy", "healthy"), _sum("unhealthy", "unhealthy"))),
    Graph("requests", (_sum("requests", "requests"), _sum("requests per target", "requests_per_target"))),
    Graph("answers", (_sum("2xx", "good"), _sum("4xx", "refusals"), _sum("5xx", "errors"))),
    Graph("response time, seconds", (_largest("p50", "p50"), _largest("p95", "p95"), _largest("p99", "p99"))),
)
BALANCER = (Graph("load balancer", (_one("requests", "requests_all"), _one("5xx of its own", "refused"))),)
DATABASE = (
    Graph("connections", (_one("connections", "connections"),)),
    Graph("CPU, %", (_one("CPU", "cpu"),)),
    Graph("free storage, bytes", (_one("free", "free"),)),
    Graph("free memory, bytes", (_one("free", "memory"),)),
    Graph("query latency: slow statements", (_one("slow statements", "slow"),)),
    Graph("query latency: active sessions", (_one("sessions", "load"),)),
    Graph("disk latency, seconds", (_one("read", "read"), _one("write", "write"))),
)


class Dashboards(Component):
    """Overview, details of each service, database."""

    TYPE = "axonflow:platform:Dashboards"

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        balancers = [(balancer, metrics, BALANCER) for balancer, metrics in args.balancers.items()]
        shown: dict[str, list[tuple[str, Metrics, tuple[Graph, ...]]]] = {
            "Overview": [*((name, metrics, OVERVIEW) for name, metrics in args.services.items()), *balancers],
            "Detailed": [*((name, metrics, DETAILED) for name, metrics in args.services.items()), *balancers],
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


def _widgets(rows: Sequence[tuple[str, Metrics, tuple[Graph, ...]]], region: str) -> Iterator[dict[str, object]]:
    for row, (name, metrics, graphs) in enumerate(rows):
        width = WIDTH // len(graphs)
        for column, graph in enumerate(graphs):
            yield {
                "type": "metric",
                "x": column * width,
                "y": row * HEIGHT,
                "width": width,
                "height": HEIGHT,
                "properties": {
                    "title": f"{name}: {graph.title}",
                    "region": region,
                    "view": "timeSeries",
                    "period": PERIOD_SECONDS,
                    "metrics": [entry for at, line in enumerate(graph.lines) for entry in _entries(at, line, metrics)],
                },
            }


def _entries(at: int, line: Line, metrics: Metrics) -> Iterator[list[object]]:
    """A line as the metrics of a widget: one, or an expression over two that are hidden."""
    if not line.combined:
        [key] = line.metrics
        yield _entry(metrics[key], {"label": line.label})
        return
    ids = [f"{letter}{at}" for letter in "xy"]
    yield [{"expression": line.combined.replace("x", ids[0]).replace("y", ids[1]), "label": line.label, "id": f"e{at}"}]
    for key, id_ in zip(line.metrics, ids, strict=True):
        yield _entry(metrics[key], {"id": id_, "visible": False})


def _entry(metric: Metric, options: dict[str, object]) -> list[object]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.stat, **options}]
