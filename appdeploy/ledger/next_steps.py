"""What to do after a release, by its outcome. The runbook's table of exit codes says the same."""

from __future__ import annotations

from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import Change
from appdeploy.model.words import resume_command, show_command

_REVERSIBLE = (Change.RELEASE.value, Change.ROLLBACK.value)


def what_next(entry: Entry) -> str:
    """The next step, in one line."""
    outcome = next((member for member in Outcome if member.value == entry.outcome), None)
    status = f"`appdeploy status -e {entry.environment}` shows what runs"
    resume = f"`{resume_command(entry.environment, entry.id)}`"
    is_count = any(service.count for service in entry.services.values())
    match outcome:
        case Outcome.SUPERSEDED if is_count:
            return f"the count was changed meanwhile: {status}"
        case Outcome.REFUSED if is_count:
            return f"the count was not changed: fix the cause, then try again; {status}, and whether autoscaling is held"
        case Outcome.LIVE if not entry.settled:
            return f"nothing; ECS has not finished: `{show_command(entry.environment, entry.id)}` shows when it has"
        case Outcome.LIVE | Outcome.UNCHANGED:
            return "nothing"
        case Outcome.REFUSED | Outcome.SKIPPED:
            return "nothing was changed: fix the cause, then release again"
        case Outcome.ROLLED_BACK | Outcome.ROLLED_BACK_BY_ECS:
            return "the previous version serves: fix the cause, then release again"
        case Outcome.FAILED:
            return f"check now, it is not confirmed that the previous version serves: {status}"
        case Outcome.SUPERSEDED:
            return f"another deployment replaced this one: {status}"
        case Outcome.TIMED_OUT:
            return f"nothing was stopped: {resume} continues watching"
        case None:
            return f"it continues in AWS: {resume} watches it to its end"


def rollback_command(entry: Entry) -> str | None:
    """The command that rolls a release back; None if there is nothing to roll back."""
    live = [name for name, service in entry.services.items() if service.outcome == Outcome.LIVE.value]
    changed = [name for name in live if entry.services[name].change in _REVERSIBLE]
    return f"appdeploy rollback -e {entry.environment} --service {','.join(changed)}" if changed else None
