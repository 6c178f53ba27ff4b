"""Rollback targets for people: the same lines on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from appdeploy.model.image import short
from appdeploy.model.words import duration
from appdeploy.rollback.report import NeverSettledVersion, RollbackTarget, ServiceTargets, TargetsReport


def target_lines(report: TargetsReport) -> Iterator[str]:
    """Each service with its targets, newest first."""
    for service in report.services:
        yield f"{service.name}: {_heading(service, report.environment)}"
        yield from (f"  {_target(point, service.default)}" for point in service.targets)
        yield from (f"  {_never_settled(version, service.name, report.environment)}" for version in service.never_settled)


def _heading(service: ServiceTargets, environment: str) -> str:
    if not service.targets:
        return "ECS has no record of a successful deployment"
    if not service.default:
        return "nothing to return to by default"
    return f"`appdeploy rollback -e {environment} -s {service.name}` returns to {service.default}"


def _target(point: RollbackTarget, default: str | None) -> str:
    marks = [
        mark for mark, holds in (("runs now", point.running), ("default target", point.task_definition == default)) if holds
    ]
    again = " (was deregistered: it is registered again)" if point.deregistered else ""
    parts = [
        f"{point.succeeded:%Y-%m-%d %H:%M:%S %Z}",
        f"{point.version or '(no version)'} ({short(point.digest or 'no digest')})",
        point.task_definition,
        f"cannot be returned to: {point.problem}" if point.problem else f"can be returned to{again}",
        *(f"not checked: {what}" for what in point.unchecked),
        *marks,
    ]
    return ", ".join(parts)


def _never_settled(version: NeverSettledVersion, service: str, environment: str) -> str:
    live = "live" if version.live_seconds is None else f"live {duration(version.live_seconds)}"
    by = f", superseded by {version.superseded_by}" if version.superseded_by else ""
    command = f"`appdeploy rollback -e {environment} -s {service} --to {version.task_definition}`"
    parts = [
        f"{version.live_at:%Y-%m-%d %H:%M:%S %Z}",
        f"{version.version or '(no version)'} ({short(version.digest or 'no digest')})",
        version.task_definition,
        f"{live}, never settled{by}",
        f"cannot be returned to: {version.problem}" if version.problem else f"{command} returns to it",
        *(f"not checked: {what}" for what in version.unchecked),
    ]
    return ", ".join(parts)
