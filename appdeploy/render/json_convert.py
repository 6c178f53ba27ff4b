"""Events as lines of `--json`. There is no default branch: mypy names an event that has no line yet."""

from __future__ import annotations

from typing import cast

from appdeploy.ledger.new_entry import service_entry
from appdeploy.model import events
from appdeploy.model.errors import AppdeployError, told
from appdeploy.model.events import Event, Phase
from appdeploy.model.ledger_entry import Side
from appdeploy.model.outcome import ServiceResult, worst
from appdeploy.model.plan import ReleasePlan, ServicePlan, Untouched
from appdeploy.model.release_id import kind_of
from appdeploy.render import json_events as lines
from appdeploy.render.json_events import ChangeName, Line, PhaseName


def line_of(event: Event) -> Line:
    """The line of an event, of this moment, without the release's id."""
    match event:
        case events.Planned(plan):
            return _planned(plan)
        case events.Queued(behind):
            return lines.Queued(behind=behind)
        case events.TookOver(former):
            return lines.TookOver(former=former)
        case events.Unlocked(reason):
            return lines.Unlocked(reason=reason)
        case events.Unrecorded():
            return lines.Unrecorded()
        case events.Registered(service, task_definition):
            return lines.Registered(service=service, task_definition=task_definition)
        case events.BeforeStarted(service, task, command):
            return lines.BeforeStarted(service=service, task=task, command=command)
        case events.BeforeSaid(service, line):
            return lines.BeforeSaid(service=service, line=line)
        case events.BeforeEnded(service, exit_code):
            return lines.BeforeEnded(service=service, exit_status=exit_code)
        case events.Started(service, deployment_id):
            return lines.Started(service=service, deployment_id=deployment_id)
        case events.Recalled(plan):
            return lines.Recalled(service=_service(plan))
        case events.Guarding(service, release, seconds):
            return lines.Guarding(service=service, from_release=release, seconds=seconds)
        case events.PutBack(service, release, late, task_definition, deployment_id):
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
        case events.Silence(reason, limit_seconds):
            return lines.Silence(reason=reason, limit_seconds=limit_seconds)
        case events.Answered():
            return lines.Answered()
        case events.Finished(result):
            return lines.Finished(result=_result(result))
        case events.Unkept(service, reason):
            return lines.Unkept(service=service, reason=reason)
        case events.Bounded(service, minimum, maximum):
            return lines.Bounded(service=service, minimum=minimum, maximum=maximum)
        case events.Unbounded(service, reason):
            return lines.Unbounded(service=service, reason=reason)
        case events.Untold(reason):
            return lines.Untold(reason=reason)
        case events.Remarked(service, what):
            return lines.Remarked(service=service, what=what)
        case events.Counted(service, running, desired):
            return lines.Counted(service=service, running=running, desired=desired)
        case events.Returning(service, cause, task_definition, deployment_id):
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
    code, words = told(error)
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


def _service(service: ServicePlan | Untouched) -> lines.PlannedService:
    entry = service_entry(service)
    change = cast(ChangeName, entry.change)  # The ledger's words are plain text; the model refuses any other one.
    return lines.PlannedService(
        service=service.contract.name, change=change, before=_side(entry.former), after=_side(entry.wanted)
    )


def _side(side: Side) -> lines.Version:
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
        case Phase.EMPTYING:
            return "emptying"
