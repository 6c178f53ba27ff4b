"""Events as lines of `--json`. There is no default branch: mypy names an event that has no line yet."""

from __future__ import annotations

from typing import cast

from appdeploy.ledger.new_entry import service_entry
from appdeploy.model import events
from appdeploy.model.errors import AppdeployError, described
from appdeploy.model.events import Event, Phase
from appdeploy.model.ledger_entry import VersionRef
from appdeploy.model.outcome import ServiceResult, worst
from appdeploy.model.plan import NoChange, ReleasePlan, ServicePlan
from appdeploy.model.release_id import kind_of
from appdeploy.render import json_events as lines
from appdeploy.render.json_events import ChangeName, Line, PhaseName


def line_of(event: Event) -> Line:
    """The line of an event, of this moment, without the release's id."""
    match event:
        case events.Planned(plan):
            return _planned(plan)
        case events.WaitingForLock(behind):
            return lines.Queued(behind=behind)
        case events.LockTakenOver(former):
            return lines.TookOver(former=former)
        case events.ContinuedWithoutLock(reason):
            return lines.Unlocked(reason=reason)
        case events.NotRecorded():
            return lines.Unrecorded()
        case events.Registered(service, task_definition):
            return lines.Registered(service=service, task_definition=task_definition)
        case events.PreDeployStarted(service, task, command):
            return lines.BeforeStarted(service=service, task=task, command=command)
        case events.PreDeployLog(service, line):
            return lines.BeforeSaid(service=service, line=line)
        case events.PreDeployEnded(service, exit_code):
            return lines.BeforeEnded(service=service, exit_status=exit_code)
        case events.Started(service, deployment_id):
            return lines.Started(service=service, deployment_id=deployment_id)
        case events.PreviousVersionResolved(plan):
            return lines.Recalled(service=_service(plan))
        case events.WatchingForLateWrites(service, release, seconds):
            return lines.Guarding(service=service, from_release=release, seconds=seconds)
        case events.LateWriteReverted(service, release, late, task_definition, deployment_id):
            return lines.PutBack(
                service=service,
                from_release=release,
                late=late,
                task_definition=task_definition,
                deployment_id=deployment_id,
            )
        case events.Progress(service, phase, running, desired, healthy, trouble):
            return lines.Progress(
                service=service, phase=_phase(phase), running=running, desired=desired, healthy=healthy, trouble=trouble
            )
        case events.Stopping(service, cause):
            return lines.Stopping(service=service, cause=cause)
        case events.AwsUnreachable(reason, limit_seconds):
            return lines.Silence(reason=reason, limit_seconds=limit_seconds)
        case events.AwsReachable():
            return lines.Answered()
        case events.Finished(result):
            return lines.Finished(result=_result(result))
        case events.ImageRetentionFailed(service, reason):
            return lines.Unkept(service=service, reason=reason)
        case events.MinCapacitySet(service, minimum, maximum):
            return lines.Bounded(service=service, minimum=minimum, maximum=maximum)
        case events.MinCapacityFailed(service, reason):
            return lines.Unbounded(service=service, reason=reason)
        case events.NotificationFailed(reason):
            return lines.Untold(reason=reason)
        case events.Note(service, what):
            return lines.Remarked(service=service, what=what)
        case events.TaskCount(service, running, desired):
            return lines.Counted(service=service, running=running, desired=desired)
        case events.Reverting(service, cause, task_definition, deployment_id):
            return lines.Returning(service=service, cause=cause, task_definition=task_definition, deployment_id=deployment_id)
        case events.Ended(plan, results, seconds):
            outcome = worst(result.outcome for result in results)
            return lines.Ended(
                environment=plan.environment,
                outcome=outcome,
                exit_code=outcome.exit_code,
                seconds=round(seconds, 3),
                results=tuple(map(_result, results)),
            )


def line_of_error(error: BaseException) -> lines.Error:
    """The last line of a command that ends with an error."""
    code, words = described(error)
    return lines.Error(exit_code=code, lines=words, details=error.details if isinstance(error, AppdeployError) else ())


def _planned(plan: ReleasePlan) -> lines.Planned:
    return lines.Planned(
        release=plan.release_id,
        environment=plan.environment,
        kind=kind_of(plan.release_id),
        purpose=plan.purpose,
        who=plan.caller,
        reason=plan.reason,
        change_ticket=plan.change_ticket,
        incident=plan.incident,
        services=tuple(map(_service, plan.services)),
    )


def _service(service: ServicePlan | NoChange) -> lines.PlannedService:
    entry = service_entry(service)
    change = cast(ChangeName, entry.change)  # The ledger's words are plain text; the model refuses any other one.
    return lines.PlannedService(
        service=service.contract.name, change=change, before=_side(entry.previous), after=_side(entry.target)
    )


def _side(side: VersionRef) -> lines.Version:
    return lines.Version(version=side.version, digest=side.digest, task_definition=side.task_definition, template=side.template)


def _result(result: ServiceResult) -> lines.Result:
    return lines.Result(
        service=result.service,
        outcome=result.outcome,
        serving=result.serving,
        cause=result.cause,
        log_lines=result.log_lines,
        seconds=round(result.seconds, 3),
        final=result.final,
    )


def _phase(phase: Phase) -> PhaseName:
    match phase:
        case Phase.STARTING:
            return "starting"
        case Phase.CHECKING:
            return "checking"
        case Phase.LIVE:
            return "live"
        case Phase.STOPPING:
            return "stopping"
        case Phase.ROLLING_BACK:
            return "rolling-back"
        case Phase.SCALING_TO_ZERO:
            return "scaling-to-zero"
