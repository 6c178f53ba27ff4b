"""Texts that several events and reports share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from appdeploy.model.image import short
from appdeploy.model.ledger_entry import CountChange
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import Change, ReleasePlan, ServicePlan
from appdeploy.model.task_definition import name_of


def problem(result: ServiceResult) -> Iterator[str]:
    """Why a service's release failed: the cause, and under it the container's last log lines. Nothing when it did not fail."""
    if result.outcome.ok:
        return
    with_log = "; last log lines:" if result.log_lines else ""
    yield f"{result.service}: {result.outcome.value}: {result.cause or 'no cause is known'}{with_log}"
    yield from (f"  | {line}" for line in result.log_lines)


def moment(at: datetime) -> str:
    """A time for people: `2026-11-30 14:30:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def resume_command(environment: str, release: str) -> str:
    """What continues a release, or watches it on."""
    return f"appdeploy resume -e {environment} {release}"


def show_command(environment: str, release: str) -> str:
    """What shows one release: outcomes, causes and steps."""
    return f"appdeploy releases show {release} -e {environment}"


def tasks(count: int) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} task{'' if count == 1 else 's'}"


def count_change(change: CountChange) -> str:
    """`2 -> 6 tasks, held until ...`."""
    shown = tasks(change.previous) if change.target is None else f"{change.previous} -> {tasks(change.target)}"
    return f"{shown}{hold_change(change)}"


def hold_change(change: CountChange) -> str:
    """What becomes of autoscaling, to follow a count: `, held until ...`; empty when nothing does."""
    held = f", held until {moment(change.hold_until)}" if change.hold_until else ""
    return f"{held}{', autoscaling decides again' if change.releases_hold else ''}"


def duration(seconds: float) -> str:
    """Seconds for people: `4.2 s`, `42 s`, `3 min 20 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def heading(plan: ReleasePlan) -> str:
    """Which release it is, and what for."""
    reason = f"; reason: {plan.reason}" if plan.reason else ""
    incident = f"; during an incident: {plan.incident}" if plan.incident else ""
    return f"{plan.release_id}: {plan.purpose}{incident}{reason}"


def change(service: ServicePlan) -> str:
    """What a release does to a service, in one line."""
    digest = short(service.image.digest or "no digest")
    match service.change:
        case Change.FIRST_RELEASE:
            return f"first release: {service.version} ({digest}), {tasks(service.desired_count or 0)}"
        case Change.RESTART:
            return f"{service.version} ({digest}) again, in new tasks of {name_of(service.base.arn)}{_settings(service)}"
        case Change.RELEASE:
            return f"{_versions(service)} ({digest}){_template(service)}"
        case Change.ROLLBACK:
            known = f" ({digest})" if service.base.is_read else ""
            again = ", which was deregistered and is registered again" if service.registers_again else ""
            target = f"back to {name_of(service.base.arn)}{again}"
            return f"{_versions(service)}{known}, {target}{_template(service)}{_settings(service)}"


def _versions(service: ServicePlan) -> str:
    previous = service.previous.version
    return f"{previous} stays" if previous == service.version else f"{previous} -> {service.version}"


def _settings(service: ServicePlan) -> str:
    return "".join(f"; {change.key}: {change.previous} -> {change.target}" for change in service.settings)


def _template(service: ServicePlan) -> str:
    """The change of the template, if there is one."""
    previous = service.previous
    if service.template is None or service.template == previous.template or not previous.read:
        return ""
    back = "goes back too" if service.change is Change.ROLLBACK else "moves"
    before = name_of(previous.template) if previous.template else "an unknown one"
    return f"; the template {back}: {before} -> {name_of(service.template)}"
