"""The ledger's releases as plain lines and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from appdeploy.ledger.store import UnreadableEntry
from appdeploy.model.causes import services_root_first, steps_in_short
from appdeploy.model.image import short
from appdeploy.model.ledger_entry import Entry, ServiceEntry, Step, VersionRef
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import Change
from appdeploy.model.task_definition import name_of
from appdeploy.model.words import count_change, duration, moment, resume_command
from appdeploy.reconcile.entry_state import EntryState, state_text
from appdeploy.render.release_view import ReleaseView

_TITLES = ("RELEASE", "STARTED", "OUTCOME", "WHO", "WHAT")


def release_lines(releases: Sequence[EntryState | UnreadableEntry]) -> Iterator[str]:
    """One line a release, in columns, and below them what is in the way of settling some."""
    if not releases:
        yield "no releases"
        return
    rows = [_TITLES, *map(_row, releases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES) - 1)]
    for row in rows:
        columns = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False))
        yield f"{columns}  {row[-1]}"
    readings = [release for release in releases if isinstance(release, EntryState)]
    for problem in dict.fromkeys(reading.problem for reading in readings if reading.problem):
        yield f"what is not settled could not be looked up: {problem}"


def _row(release: EntryState | UnreadableEntry) -> tuple[str, ...]:
    if isinstance(release, UnreadableEntry):
        return (release.id, "-", "unreadable", "-", release.problem)
    entry = release.entry
    remarks = [f"incident: {entry.incident}"] if entry.incident else []
    remarks += [f"reason: {entry.reason}"] if entry.reason else []
    return (entry.id, moment(entry.started), state_text(release), short_who(entry.who), "; ".join([_what(entry), *remarks]))


def json_lines(releases: Iterable[EntryState | UnreadableEntry]) -> list[str]:
    """One JSON array."""
    return [json.dumps([json_of(release) for release in releases], indent=2)]


def json_of(release: EntryState | UnreadableEntry) -> dict[str, Any]:
    """An entry of the ledger with its outcome and exit status; of one that cannot be read, `id` and `unreadable`."""
    if isinstance(release, UnreadableEntry):
        return {"id": release.id, "unreadable": release.problem}
    return ReleaseView.of(release).model_dump(mode="json", by_alias=True)


def detail_lines(reading: EntryState) -> Iterator[str]:
    """One release in full."""
    entry = reading.entry
    yield f"{entry.id}: {entry.purpose}"
    yield f"{state_text(reading)}; by {entry.who}, {moment(entry.started)}"
    if reading.problem:
        yield f"it could not be settled: {reading.problem}"
    named = (
        ("reason", entry.reason),
        ("change", entry.change_ticket),
        ("during an incident", entry.incident),
        ("CI run", entry.run),
        ("for", entry.organisation),
    )
    yield from (f"{name}: {text}" for name, text in named if text)
    for name, service in services_root_first(entry.services).items():
        yield from _service(name, service)
    yield from (_step(step, entry.services_of(step)) for step in steps_in_short(entry))
    if reading.resumable:
        yield f"{resume_command(entry.environment, entry.id)} continues it"


def _service(name: str, service: ServiceEntry) -> Iterator[str]:
    outcome = service.outcome or "not decided"
    settled = "" if service.settled or service.outcome is None else ", not settled"
    seconds = "" if not service.seconds else f" after {duration(service.seconds)}"
    yield f"{name}: {outcome}{settled}{seconds}: {_versions(service)}"
    target, previous = service.target, service.previous
    if service.count is None:
        yield from _revisions(previous, target)
    yield from (f"  {change.key}: {change.previous} -> {change.target}" for change in service.settings)
    live = live_before_superseded(service)
    named = (("", live), ("deployment ", service.deployment_id), ("cause: ", service.cause), ("reported: ", service.serving))
    yield from (f"  {name}{text}" for name, text in named if text)
    yield from (f"  | {line}" for line in service.log_lines)


def live_before_superseded(service: ServiceEntry) -> str | None:
    """That a superseded version was live before, where the release saw it."""
    if service.outcome != Outcome.SUPERSEDED.value or service.live_at is None:
        return None
    return f"it was live since {moment(service.live_at)}, and was superseded before ECS had completed it"


def _revisions(previous: VersionRef, target: VersionRef) -> Iterator[str]:
    if target.digest:
        yield f"  image {short(target.digest)}"
    revisions = [name_of(arn) if arn else "none" for arn in (previous.task_definition, target.task_definition)]
    yield f"  task definition {revisions[0]} -> {revisions[1]}"
    if previous.template != target.template and target.template:
        yield f"  template {name_of(previous.template) if previous.template else 'unknown'} -> {name_of(target.template)}"


def _step(step: Step, services: Sequence[str]) -> str:
    names = f" {', '.join(services)}" if services else ""
    what = f"{step.kind}{names}{f': {step.reason}' if step.reason else ''}"
    if step.finished is None:
        return f"{moment(step.started)}  {what}; {'interrupted' if step.interrupted else 'not done'}"
    return f"{moment(step.started)}  {what}; done after {duration((step.finished - step.started).total_seconds())}"


def _what(entry: Entry) -> str:
    changed = [f"{name} {_versions(service)}" for name, service in entry.services.items() if service.outcome != "unchanged"]
    return ", ".join(changed) or "nothing to change"


def _versions(service: ServiceEntry) -> str:
    if service.count is not None:
        return count_change(service.count)
    previous, target = service.previous.version, service.target.version or "?"
    if service.settings and service.change == Change.RESTART.value:
        return ", ".join(f"{change.key}={change.target}" for change in service.settings)
    if service.change == Change.RESTART.value:
        return f"{target} restarted"
    return f"{previous} -> {target}" if previous and previous != target else target


def short_who(who: str) -> str:
    """An AWS identity as people know it: `role/session`, the name of a user, or `user@host` where AWS was not asked."""
    _, _, resource = who.rpartition(":")
    kind, _, name = resource.partition("/")
    return name if kind in ("assumed-role", "user", "federated-user") and name else resource
