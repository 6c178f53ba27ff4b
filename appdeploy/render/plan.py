"""A plan for people: the same lines on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from appdeploy.model.image import short
from appdeploy.model.words import count_change, duration
from appdeploy.plan.report import Drift, Duration, PlannedService, PlanReport, Running, TemplateChange
from appdeploy.preflight.check import Check, Verdict, table


def plan_lines(report: PlanReport) -> Iterator[str]:
    """One line for the plan, then each service with what would become of it."""
    yield f"plan: {report.purpose} ({report.region}, account {report.account}); nothing is changed by this"
    yield from service_lines(report)
    if report.checks:
        checks = [Check(item.service, item.what, Verdict(item.verdict), item.found, item.remedy) for item in report.checks]
        yield "preflight: a release would be refused" if report.refused else "preflight: nothing is in the way"
        yield from (f"  {line}" for line in table(checks))
    if report.unchecked_because:
        yield f"preflight: none: {report.unchecked_because}"


def service_lines(report: PlanReport) -> Iterator[str]:
    """Each service with what would become of it."""
    in_turn = any(service.group > 1 for service in report.services)
    for service in report.services:
        turn = f" (group {service.group})" if in_turn and service.unchanged_because is None else ""
        yield f"{service.name}{turn}: {_what(service)}"
        yield from (f"  {line}" for line in _details(service))


def _what(service: PlannedService) -> str:
    if service.unchanged_because is not None:
        return f"unchanged: {service.unchanged_because}"
    if service.count:
        return count_change(service.count)
    if service.before.version is None:
        return f"first release: {_version(service.after)}"
    return f"{_version(service.before)} -> {_version(service.after)}"


def _version(running: Running) -> str:
    return f"{running.version} ({short(running.digest)})" if running.digest else str(running.version)


def _details(service: PlannedService) -> Iterator[str]:
    if service.unchanged_because is None and service.count is None:
        yield f"task definition: {service.before.task_definition} -> {service.after.task_definition or 'a new revision'}"
    before, after = service.before.template, service.after.template
    if service.drift is None and before != after and before and after:
        yield f"template: {before} -> {after}"
    yield from (f"setting: {each.key}: {each.before} -> {each.after}" for each in service.settings)
    if service.drift:
        yield from _drift(service.drift)
    if service.duration:
        yield from _duration(service.duration)
    yield from (f"write: {write}" for write in service.writes)
    yield from (f"note: {remark}" for remark in service.remarks)


def _drift(drift: Drift) -> Iterator[str]:
    what = "this release brings it" if drift.applied else "this release leaves it; --sync brings it"
    yield f"newer template: {drift.running} -> {drift.target}; {what}"
    if drift.changes is None:
        yield f"  {drift.running} cannot be read any more, so what has changed is not known"
    elif not drift.changes:
        yield "  no setting differs"
    else:
        yield from (f"  {_change(change)}" for change in drift.changes)


def _change(change: TemplateChange) -> str:
    if change.before is None:
        return f"+ {change.setting} = {change.after}"
    if change.after is None:
        return f"- {change.setting} = {change.before}"
    if change.before == change.after:  # Only of a secret: neither text is its value.
        return f"~ {change.setting}: another secret"
    return f"~ {change.setting}: {change.before} -> {change.after}"


def _duration(expected: Duration) -> Iterator[str]:
    soonest, latest = _span(expected.live_soonest), _span(expected.live_latest)
    live = soonest if expected.live_soonest == expected.live_latest else f"{soonest} to {latest}"
    yield f"expected: live {live} after the new tasks answer, complete {_span(expected.complete_after_live)} later"
    yield f"  computed from: {expected.how}; how long tasks take to start is not known here"


def _span(seconds: int) -> str:
    return duration(seconds) if seconds >= 100 else f"{seconds} s"
