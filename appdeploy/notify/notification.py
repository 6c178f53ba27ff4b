"""Notifications as values. `Detail` is the event's detail and its documentation; infra/monitoring/event_rules.py matches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from appdeploy.ledger.next_steps import what_next
from appdeploy.model.causes import services_root_first
from appdeploy.model.ledger_entry import CountChange, Entry, ServiceEntry
from appdeploy.model.outcome import ExitCode, Outcome
from appdeploy.model.words import count_change

SOURCE = "axonflow.appdeploy"
INTERRUPTED = "interrupted"
"""The outcome of a release whose command ended early; ECS continues."""

_MOST = 500
"""Characters of one cause or reason: an event may have 256 KB (docs.aws.amazon.com/eventbridge/latest/APIReference/
API_PutEvents.html), and a release 50 services."""
_PLAIN = str.maketrans({'"': "'", "\\": "/"})


class Kind(StrEnum):
    """Detail types."""

    STARTED = "Release Started"
    LIVE = "Release Live"
    SETTLED = "Release Settled"
    ROLLED_BACK = "Release Rolled Back"
    FAILED = "Release Failed"
    SUPERSEDED = "Release Superseded"
    TIMED_OUT = "Release Timed Out"
    REFUSED = "Release Refused"
    INTERRUPTED = "Release Interrupted"


_OF_ERRORS = {
    ExitCode.SUPERSEDED: (Kind.SUPERSEDED, Outcome.SUPERSEDED.value),
    ExitCode.TIMED_OUT: (Kind.TIMED_OUT, Outcome.TIMED_OUT.value),
}
"""Errors that decide the outcome of a running release; after any other one ECS continues, and `resume` can too."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, serialize_by_alias=True)


class NotifiedService(_Part):
    """One service of a release."""

    service: str
    previous: str | None = Field(serialization_alias="from")
    """The version before; null for a first release."""
    target: str | None = Field(serialization_alias="to")
    change: str
    outcome: str | None
    """Null while undecided."""
    cause: str | None
    count: CountChange | None = None
    """For `scale`, which changes no version: `previous` and `target`, how long it is held; else null."""


class Detail(_Part):
    """The detail of a notification."""

    schema_version: Literal["1.0"] = "1.0"
    environment: str
    id: str
    kind: str
    """`upgrade`, `sync`, `restart`, `rollback`, `config`, `scale`, or `found` for a deployment made outside the tool."""
    purpose: str
    who: str
    run: str | None
    """The CI run's address."""
    reason: str | None
    change_ticket: str | None
    incident: str | None
    """Why it bypassed the release window, the promotion rule and active alarms."""
    services: tuple[NotifiedService, ...]
    outcome: str | None
    """The worst outcome of its services, `interrupted`, or null for a release that has only started."""
    settled: bool
    """Whether the outcome is final: ECS will not change it again."""
    next: str
    """What to do."""
    summary: str
    """A summary in one or two lines. It has no quotation marks or backslashes, because rules insert it into JSON strings."""


@dataclass(frozen=True)
class Notification:
    """One event."""

    kind: Kind
    detail: Detail


def started(entry: Entry) -> Notification:
    """ECS accepted the first update."""
    return _notification(Kind.STARTED, entry, None, "nothing; the release is running")


def live(entry: Entry) -> Notification:
    """All new tasks serve; the command watches until ECS has completed the deployment."""
    serving = entry
    for name, service in entry.services.items():
        if service.outcome is None:
            serving = serving.with_service(name, outcome=Outcome.LIVE.value)
    return _notification(Kind.LIVE, serving, Outcome.LIVE.value, what_next(serving))


def ended(entry: Entry) -> Notification | None:
    """The reported or settled outcome; None when there is nothing to report."""
    outcome = next((member for member in Outcome if member.value == entry.outcome), None)
    kind = _kind(outcome, settled=entry.settled) if outcome else None
    return _notification(kind, entry, entry.outcome, what_next(entry)) if kind else None


def interrupted(entry: Entry, code: ExitCode) -> Notification:
    """The command ended with an error after ECS had accepted an update."""
    kind, outcome = _OF_ERRORS.get(code, (Kind.INTERRUPTED, INTERRUPTED))
    return _notification(kind, entry, outcome, what_next(entry))


def _kind(outcome: Outcome, *, settled: bool) -> Kind | None:
    match outcome:
        case Outcome.LIVE:
            return Kind.SETTLED if settled else Kind.LIVE
        case Outcome.ROLLED_BACK | Outcome.ROLLED_BACK_BY_ECS:
            return Kind.ROLLED_BACK
        case Outcome.FAILED | Outcome.SKIPPED:
            return Kind.FAILED
        case Outcome.SUPERSEDED:
            return Kind.SUPERSEDED
        case Outcome.TIMED_OUT:
            return Kind.TIMED_OUT
        case Outcome.REFUSED:
            return Kind.REFUSED
        case Outcome.UNCHANGED:
            return None


def _notification(kind: Kind, entry: Entry, outcome: str | None, advice: str) -> Notification:
    detail = Detail(
        environment=entry.environment,
        id=entry.id,
        kind=entry.kind,
        purpose=_short(entry.purpose) or "",
        who=entry.who,
        run=entry.run,
        reason=_short(entry.reason),
        change_ticket=_short(entry.change_ticket),
        incident=_short(entry.incident),
        services=tuple(_service(name, service) for name, service in entry.services.items()),
        outcome=outcome,
        settled=entry.settled,
        next=advice,
        summary="; ".join(_sentences(kind, entry, advice)).translate(_PLAIN)[: 6 * _MOST],
    )
    return Notification(kind, detail)


def _service(name: str, service: ServiceEntry) -> NotifiedService:
    return NotifiedService(
        service=name,
        previous=service.previous.version,
        target=service.target.version,
        change=service.change,
        outcome=service.outcome,
        cause=_short(service.cause),
        count=service.count,
    )


def _sentences(kind: Kind, entry: Entry, advice: str) -> Iterator[str]:
    yield f"{kind} in {entry.environment}: {entry.purpose} ({entry.id}) by {entry.who}"
    yield from (f"{name}: {text}" for name, text in (("why", entry.reason), ("during an incident", entry.incident)) if text)
    for name, service in services_root_first(entry.services).items():
        moved = f"{service.previous.version or '(none)'} -> {service.target.version}"
        moved = count_change(service.count) if service.count else moved
        cause = f" ({_short(service.cause)})" if service.cause else ""
        yield f"{name} {moved} {service.outcome or 'under way'}{cause}"
    yield f"next: {advice}"


def _short(words: str | None) -> str | None:
    return words if words is None or len(words) <= _MOST else f"{words[:_MOST]}..."
