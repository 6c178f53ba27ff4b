"""A status report for people: a table on a terminal, lines in a pipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from appdeploy.model import words
from appdeploy.model.causes import Cause, root_first
from appdeploy.model.image import brief
from appdeploy.model.words import moment, resume_command
from appdeploy.status.report import FailedDeployment, HoldStatus, ServiceStatus, StatusReport, StoppedTasks

_STOPPED = "stopped by user"
"""ECS's words for what StopServiceDeployment has stopped: this tool does that too."""


def status_lines(report: StatusReport) -> Iterator[str]:
    """The report as plain lines: one for the environment, one for each service, and its remarks under it."""
    yield heading(report)
    for service in root_cause_first(report).services:
        parts = [f"{service.name}: {version(service)}", tasks(service), targets(service), revision(service)]
        yield ", ".join(part for part in parts if part)
        yield from (f"  {remark}" for remark in remarks(service, report.environment))
    yield from environment_lines(report)


def root_cause_first(report: StatusReport) -> StatusReport:
    """The report for people: a root cause before the services that failed because of it, which name its service alone."""
    failures = {service.name: failed for service in report.services if (failed := service.last_failure)}
    causes = [Cause(name, failed.outcome or "", failed.cause) for name, failed in failures.items()]
    shown = {cause.service: cause for cause in root_first(causes)}
    derived = {cause.service for cause in causes if cause != shown[cause.service]}
    services = [
        replace(service, last_failure=replace(failures[service.name], cause=shown[service.name].text))
        if service.name in derived
        else service
        for service in report.services
    ]
    return replace(report, services=tuple(sorted(services, key=lambda service: service.name in derived)))


def environment_lines(report: StatusReport) -> Iterator[str]:
    """Active alarms, the lock's holder, and the releases that are not settled."""
    yield from report.malformed
    for alarm in report.alarms:
        yield f"alarm {alarm.name} since {moment(alarm.since)}: {_in_short(alarm.reason)}"
    known = (
        ("alarms could not be read: ", report.alarms_problem),
        ("lock and ledger could not be read: ", report.ledger_problem),
        ("what holds autoscaling could not be read: ", report.scaling_problem),
        ("", report.lock),
    )
    yield from (f"{words}{text}" for words, text in known if text)
    for release in report.open_releases:
        way_on = f": {resume_command(report.environment, release.id)} continues it" if release.resume else ""
        yield f"{release.id} is {release.state}{way_on}"
    yield from (f"an entry of the ledger cannot be read: {text}" for text in report.unreadable_releases)


def heading(report: StatusReport) -> str:
    """Which environment it is, and where."""
    return f"{report.environment} in {report.region}, account {report.account}: {report.url}"


def version(service: ServiceStatus) -> str:
    """What serves, in one phrase."""
    if not service.released:
        return "not released yet"
    if service.version is None:
        return "version not known"
    return f"{service.version} ({brief(service.digest)})" if service.digest else service.version


def revision(service: ServiceStatus) -> str:
    """`:12`; all revisions of a service are of one family. In full for the template of a service without a release."""
    return f":{service.task_definition.rsplit(':', 1)[-1]}" if service.released else service.task_definition


def tasks(service: ServiceStatus) -> str:
    """Running of desired tasks."""
    return f"{service.running}/{service.desired} tasks"


def targets(service: ServiceStatus) -> str:
    """Healthy targets where customers are served; empty without a load balancer or a release."""
    if not service.released:
        return ""
    if service.healthy is None:
        return "? healthy" if service.routing_problem or service.problems else ""
    return f"{service.healthy} healthy target{'' if service.healthy == 1 else 's'}"


def held(name: str, environment: str, hold: HoldStatus) -> str:
    """What keeps autoscaling off, and what to do about it."""
    ends = f"`appdeploy scale -e {environment} {name} --release` ends it"
    if hold.until is None:
        return f"autoscaling is suspended, and no hold says by whom; {ends}"
    why = f": {hold.why}" if hold.why else ""
    made = f"held until {moment(hold.until)} by {hold.who}{why}"
    if not hold.suspended:
        again = f"`appdeploy scale -e {environment} {name} COUNT --hold DURATION`"
        return f"{made}; but autoscaling is not suspended: {again} does it again, {ends}"
    return f"{made}; the time is over and autoscaling is still suspended: {ends}" if hold.expired else f"{made}; {ends}"


def remarks(service: ServiceStatus, environment: str) -> Iterator[str]:
    """Everything that needs attention: what fails now, then what else is not as it should be; last, in a line, what is over."""
    if service.underway:
        coming = service.underway
        what = coming.version or "the template"
        yield f"{coming.kind}: {what}, {coming.running}/{coming.desired} tasks, deployment {coming.deployment_id}"
    if not service.recovered:
        yield from (_stopped(stopped, service.last_failure) for stopped in service.stopped_tasks)
        yield from _event_and_failure(service)
    if service.failing and not service.underway:
        back = f"`appdeploy rollback -e {environment} -s {service.name}` goes back to what served before"
        yield f"released by {service.release}; {back}" if service.release else back
    if service.template_drift:
        drift = service.template_drift
        moved = f"newer template: {drift.running or '(not known)'} -> {drift.target}"
        yield f"{moved}; the running tasks keep the old one until `appdeploy sync -e {environment}`"
    if service.hold:
        yield held(service.name, environment, service.hold)
    if service.routing_problem:
        yield f"target group unclear: {service.routing_problem}"
    yield from (f"could not be read: {problem}" for problem in service.problems)
    over = list(_over(service)) if service.recovered else []
    if over:
        yield f"earlier: {'; '.join(over)}"


def _over(service: ServiceStatus) -> Iterator[str]:
    """What failed before, in short: tasks of the deployment that failed last are its cause."""
    failed = service.last_failure
    for stopped in service.stopped_tasks:
        if failed is None or not failed.cause or failed.task_definition != stopped.task_definition:
            yield f"{_of_whom(stopped)} until {stopped.newest.astimezone(UTC):%H:%M}Z"
    yield from _event_and_failure(service)


def _of_whom(stopped: StoppedTasks) -> str:
    """`20 tasks of axonflow-staging-agent:9 exited with code 1`."""
    count = words.tasks(stopped.count)
    return f"{count} of {stopped.task_definition or 'a former deployment'}{stopped.what.removeprefix(count)}"


def _event_and_failure(service: ServiceStatus) -> Iterator[str]:
    event, failed = service.event, service.last_failure
    ours = failed is not None and failed.stopped_by_appdeploy and event is not None and _STOPPED in event.message
    if event and not ours:
        yield f"ECS at {moment(event.at)}: {event.message}"
    if failed:
        yield _failed(failed)


def _stopped(stopped: StoppedTasks, failed: FailedDeployment | None) -> str:
    whose = "" if stopped.current else " of a former deployment"
    newest = f"{stopped.what}{whose} in the last 15 min, the newest at {moment(stopped.newest)}"
    said = failed is not None and stopped.detail in (failed.cause or "")
    return f"{newest}: {stopped.detail}" if stopped.detail and not said else newest


def _failed(failed: FailedDeployment) -> str:
    what = " ".join(part for part in (failed.version, f"({failed.release})" if failed.release else "") if part)
    begun = f"{what} " if what else ""
    why = failed.cause or failed.reason
    by = ", stopped by appdeploy" if failed.stopped_by_appdeploy else ""
    return f"last deployment: {begun}at {moment(failed.at)}{by}: {failed.status}{f': {why}' if why else ''}"


def _in_short(reason: str) -> str:
    """CloudWatch's reason without each datapoint and without the arithmetic at its end."""
    return re.sub(r" \[[^\]]*\]| \(minimum [^)]*\)", "", reason)
