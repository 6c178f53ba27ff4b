"""Events in words: the one place where a release's lines are worded, whatever shows them."""

from __future__ import annotations

from collections.abc import Iterator

from appdeploy.model import events
from appdeploy.model.events import Event
from appdeploy.model.image import short
from appdeploy.model.outcome import Outcome, ServiceResult, worst
from appdeploy.model.plan import Change, ReleasePlan, ServicePlan
from appdeploy.model.task_definition import name_of


def lines(event: Event) -> Iterator[str]:
    """What happened, one line each, in the order to be read."""
    match event:
        case events.Planned(plan):
            yield heading(plan)
            yield from (f"{service.contract.name}: {change(service)}" for service in plan.changed)
        case events.WaitingForLock(behind):
            yield f"waiting for the lock, which is {behind}"
        case events.LockTakenOver(former):
            yield f"taking the lock over, which was {former}"
        case events.ContinuedWithoutLock(reason):
            yield f"going on without the lock: {reason}"
        case events.NotRecorded():
            yield "not in the ledger, whose table never answered: the next command that can write to it adds what ECS tells"
        case events.Registered(service, task_definition):
            yield f"{service}: registered {name_of(task_definition)}"
        case events.PreDeployStarted(service, task, command):
            yield f"{service}: before its rollout: {command} (task {task.rsplit('/', 1)[-1]})"
        case events.PreDeployLog(service, line):
            yield f"{service}:   | {line}"
        case events.PreDeployEnded(service, exit_code):
            code = "without an exit code" if exit_code is None else f"with code {exit_code}"
            yield f"{service}: the task before its rollout ended {code}"
        case events.Started(service, deployment_id):
            yield f"{service}: deployment {deployment_id} started"
        case events.PreviousVersionResolved(plan):
            yield f"{plan.contract.name}: {change(plan)}"
        case events.WatchingForLateWrites(service, release, seconds):
            yield f"{service}: live; for {duration(seconds)} more a late write of {release} may land and is undone"
        case events.LateWriteReverted(service, release, late, task_definition, deployment_id):
            yield f"{service}: PUT BACK: a late write of {release} brought {name_of(late)};" + (
                f" {name_of(task_definition)} again, deployment {deployment_id}"
            )
        case events.Progress(service):
            yield f"{service}: {progress(event)}"
        case events.Stopping(service, cause):
            yield f"{service}: stopping the release: {cause}"
        case events.Reverting(service, cause, task_definition, deployment_id):
            yield f"{service}: GOING BACK to {name_of(task_definition)}, deployment {deployment_id}: {cause}"
        case events.AwsUnreachable(reason, limit_seconds):
            yield f"{reason}; the release goes on there, trying again for {duration(limit_seconds)}"
        case events.AwsReachable():
            yield "AWS answers again"
        case events.Finished(result):
            yield finished(result)
        case events.ImageRetentionFailed(service, reason):
            yield f"{service}: its image could not be tagged to be kept for a way back: {reason}"
        case events.MinCapacitySet(service, minimum, maximum):
            yield f"{service}: autoscaling keeps {minimum} to {maximum} tasks"
        case events.MinCapacityFailed(service, reason):
            yield f"{service}: autoscaling's minimum could not be set, appdeploy sync tries again: {reason}"
        case events.NotificationFailed(reason):
            yield f"not everybody was told of it, EventBridge did not take the notice: {reason}"
        case events.Note(service, what):
            yield f"{service}: {what}"
        case events.TaskCount(service, running, desired):
            yield f"{service}: {running} of {desired} tasks run"
        case events.Ended(plan, results, seconds):
            ending = worst(result.outcome for result in results)
            yield f"{plan.release_id}: {ending.value} after {duration(seconds)}"


def problem(result: ServiceResult) -> Iterator[str]:
    """Why a service's release did not go as wanted: the cause, and under it the container's last lines."""
    if result.outcome.ok:
        return
    with_log = "; last log lines:" if result.log_lines else ""
    yield f"{result.service}: {result.outcome.value}: {result.cause or 'no cause is known'}{with_log}"
    yield from (f"  | {line}" for line in result.log_lines)


def progress(event: events.Progress) -> str:
    """Phase and counts of a rollout."""
    trouble = f"; {event.trouble}" if event.trouble else ""
    if not event.phase.is_forward:
        return f"{event.phase.value}{trouble}"
    healthy = "" if event.healthy is None else f", {event.healthy} healthy"
    return f"{event.phase.value}: {event.running} of {event.desired} new tasks run{healthy}{trouble}"


def finished(result: ServiceResult) -> str:
    """The outcome of a service and what serves now."""
    if result.outcome is Outcome.UNCHANGED:
        return f"{result.service}: {result.outcome.value}: {result.serving}"
    return f"{result.service}: {result.outcome.value} after {duration(result.seconds)}; serving now: {result.serving}"


def duration(seconds: float) -> str:
    """Seconds as people say them: `4.2 s`, `42 s`, `3 min 20 s`."""
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
            return f"first release: {service.version} ({digest}), {service.desired_count} tasks"
        case Change.RESTART:
            return f"{service.version} ({digest}) again, in new tasks of {name_of(service.base.arn)}{_settings(service)}"
        case Change.RELEASE:
            return f"{_versions(service)} ({digest}){_template(service)}"
        case Change.ROLLBACK:
            known = f" ({digest})" if service.base.is_read else ""
            return f"{_versions(service)}{known}, back to {name_of(service.base.arn)}{_template(service)}{_settings(service)}"


def _versions(service: ServicePlan) -> str:
    former = service.previous.version
    return f"{former} stays" if former == service.version else f"{former} -> {service.version}"


def _settings(service: ServicePlan) -> str:
    return "".join(f"; {change.key}: {change.previous} -> {change.target}" for change in service.settings)


def _template(service: ServicePlan) -> str:
    """Where the template goes, if it does or may."""
    former = service.previous
    if service.template is None or service.template == former.template or not former.read:
        return ""
    back = "goes back too" if service.change is Change.ROLLBACK else "moves"
    before = name_of(former.template) if former.template else "an unknown one"
    return f"; the template {back}: {before} -> {name_of(service.template)}"
