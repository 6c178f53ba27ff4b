"""Rollback points for people: the same lines on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from appdeploy.model.image import short
from appdeploy.rollback.report import Point, PointsReport, ServicePoints


def point_lines(report: PointsReport) -> Iterator[str]:
    """Each service with its points, newest first."""
    for service in report.services:
        yield f"{service.name}: {_heading(service)}"
        yield from (f"  {_point(point, service.way_back)}" for point in service.points)


def _heading(service: ServicePoints) -> str:
    if not service.points:
        return "ECS remembers no successful release"
    return f"appdeploy rollback returns to {service.way_back}" if service.way_back else "nothing to go back to by itself"


def _point(point: Point, way_back: str | None) -> str:
    marks = [mark for mark, holds in (("runs now", point.runs), ("the way back", point.task_definition == way_back)) if holds]
    parts = [
        f"{point.succeeded:%Y-%m-%d %H:%M:%S %Z}",
        f"{point.version or '(no version)'} ({short(point.digest or 'no digest')})",
        point.task_definition,
        f"cannot be returned to: {point.problem}" if point.problem else "can be returned to",
        *marks,
    ]
    return ", ".join(parts)
