"""A status report for people: a table on a terminal, lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from appdeploy.model.image import short
from appdeploy.status.report import HoldStatus, ServiceStatus, StatusReport


def status_lines(report: StatusReport) -> Iterator[str]:
    """The report as plain lines: one for the environment, one for each service, and its remarks under it."""
    yield heading(report)
    for service in report.services:
        parts = [f"{service.name}: {version(service)}", tasks(service), targets(service), service.task_definition]
        yield ", ".join(part for part in parts if part)
        yield from (f"  {remark}" for remark in remarks(service))
    yield from ledger_lines(report)


def ledger_lines(report: StatusReport) -> Iterator[str]:
    """The lock's holder, and the releases that are not settled."""
    known = (
        ("lock and ledger could not be read: ", report.ledger_problem),
        ("what holds autoscaling could not be read: ", report.scaling_problem),
        ("the lock is ", report.lock),
    )
    yield from (f"{words}{text}" for words, text in known if text)
    for release in report.open_releases:
        way_on = f": appdeploy resume -e {report.environment} {release.id} continues it" if release.resume else ""
        yield f"{release.id} is {release.state}{way_on}"


def heading(report: StatusReport) -> str:
    """Which environment it is, and where."""
    return f"{report.environment} in {report.region}, account {report.account}: {report.url}"


def version(service: ServiceStatus) -> str:
    """What serves, in one phrase."""
    if not service.released:
        return "not released yet"
    return f"{service.version} ({short(service.digest)})" if service.digest else str(service.version)


def tasks(service: ServiceStatus) -> str:
    """Running of desired tasks."""
    return f"{service.running}/{service.desired} tasks"


def targets(service: ServiceStatus) -> str:
    """Healthy targets where customers are served; empty without a load balancer or a release."""
    if service.healthy is None or not service.released:
        return ""
    return f"{service.healthy} healthy target{'' if service.healthy == 1 else 's'}"


def held(name: str, hold: HoldStatus) -> str:
    """What keeps autoscaling off, and what to do about it."""
    ends = f"`appdeploy scale {name} --release` ends it"
    if hold.until is None:
        return f"autoscaling is suspended, and no hold says by whom; {ends}"
    why = f": {hold.why}" if hold.why else ""
    made = f"held until {hold.until:%Y-%m-%d %H:%M:%S}Z by {hold.who}{why}"
    if not hold.suspended:
        return f"{made}; but autoscaling is not suspended: `appdeploy scale {name} COUNT --hold DURATION` does it again, {ends}"
    return f"{made}; the time is over and autoscaling is still suspended: {ends}" if hold.expired else f"{made}; {ends}"


def remarks(service: ServiceStatus) -> Iterator[str]:
    """Everything that needs attention."""
    if service.underway:
        coming = service.underway
        what = coming.version or "the template"
        yield f"{coming.kind}: {what}, {coming.running}/{coming.desired} tasks, deployment {coming.deployment_id}"
    if service.last_failure:
        reason = f": {service.last_failure.reason}" if service.last_failure.reason else ""
        yield f"last deployment: {service.last_failure.status}{reason}"
    if service.template_drift:
        drift = service.template_drift
        moved = f"newer template: {drift.running or '(not known)'} -> {drift.target}"
        yield f"{moved}; the running tasks keep the old one until `appdeploy sync`"
    if service.hold:
        yield held(service.name, service.hold)
    if service.routing_problem:
        yield f"target group unclear: {service.routing_problem}"
