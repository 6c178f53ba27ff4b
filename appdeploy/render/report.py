"""One release as Markdown: the record that is kept of a deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from appdeploy.model.causes import of_entry, root_first, steps_in_short
from appdeploy.model.image import short
from appdeploy.model.ledger_entry import Entry, ServiceEntry, Step
from appdeploy.model.task_definition import name_of
from appdeploy.model.words import duration, moment, resume_command
from appdeploy.reconcile.entry_state import EntryState, state_text
from appdeploy.render.markdown import escaped, table

_SERVICE = ("service", "outcome", "version", "image", "task definition", "template", "after", "serves now")


def report_lines(reading: EntryState, serving: Mapping[str, str]) -> Iterator[str]:
    """The record, as lines. `serving` is what each service serves now, by service."""
    entry = reading.entry
    yield f"# {escaped(entry.id)}"
    yield ""
    yield from table(("", ""), [row for row in _facts(reading) if row[1]])
    yield "## Services"
    yield ""
    yield from table(_SERVICE, [_service(name, service, serving) for name, service in entry.services.items()])
    causes = [(cause.service, cause.text) for cause in root_first(of_entry(entry.services)) if cause.text]
    yield from _section("Causes", ("service", "cause"), causes)
    for name, each in entry.services.items():
        yield from _log(name, each)
    settings = [(name, item.key, item.previous, item.target) for name, each in entry.services.items() for item in each.settings]
    yield from _section("Settings", ("service", "setting", "from", "to"), settings)
    yield from _section("Counts", ("service", "from", "to", "held until"), list(_counts(entry)))
    yield from _section(
        "Steps",
        ("started", "step", "service", "took", "reason"),
        [_step(step, entry.services_of(step)) for step in steps_in_short(entry)],
    )


def _section(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"## {title}"
        yield ""
        yield from table(headings, rows)


def _log(name: str, service: ServiceEntry) -> Iterator[str]:
    """As a block of its own: a log line may be Markdown, and longer than any fence in it is the fence around it."""
    if not service.log_lines:
        return
    longest = max((len(run) for line in service.log_lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"## Last lines of {escaped(name)}"
    yield ""
    yield fence
    yield from service.log_lines
    yield fence
    yield ""


def _facts(reading: EntryState) -> list[tuple[str, str]]:
    entry = reading.entry
    return [
        ("purpose", entry.purpose),
        ("outcome", state_text(reading)),
        ("environment", entry.environment),
        ("kind", entry.kind),
        ("who", entry.who),
        ("reason", entry.reason or ""),
        ("change ticket", entry.change_ticket or ""),
        ("during an incident", entry.incident or ""),
        ("for the customer", entry.organisation or ""),
        ("CI run", entry.run or ""),
        ("started", moment(entry.started)),
        ("reported", moment(entry.reported) if entry.reported else ""),
        ("took", duration((entry.reported - entry.started).total_seconds()) if entry.reported else ""),
        ("to be done", resume_command(entry.environment, entry.id) if reading.resumable else ""),
    ]


def _service(name: str, service: ServiceEntry, serving: Mapping[str, str]) -> tuple[str, ...]:
    previous, target = service.previous, service.target
    outcome = service.outcome or "not decided"
    return (
        name,
        outcome if service.settled or service.outcome is None else f"{outcome}, not settled",
        _move(previous.version, target.version),
        _move(short(previous.digest) if previous.digest else None, short(target.digest) if target.digest else None),
        _move(_name(previous.task_definition), _name(target.task_definition)),
        _move(_name(previous.template), _name(target.template)),
        duration(service.seconds) if service.seconds else "",
        serving.get(name, "not known"),
    )


def _move(previous: str | None, target: str | None) -> str:
    if previous == target:
        return target or ""
    return f"{previous or 'none'} -> {target or 'none'}"


def _name(arn: str | None) -> str | None:
    return name_of(arn) if arn else None


def _counts(entry: Entry) -> Iterator[tuple[str, ...]]:
    for name, service in entry.services.items():
        if service.count is not None:
            target = service.count.previous if service.count.target is None else service.count.target
            until = moment(service.count.hold_until) if service.count.hold_until else ""
            yield name, str(service.count.previous), str(target), until


def _step(step: Step, services: Sequence[str]) -> tuple[str, ...]:
    took = (
        duration((step.finished - step.started).total_seconds())
        if step.finished
        else "interrupted"
        if step.interrupted
        else "not done"
    )
    return moment(step.started), str(step.kind), ", ".join(services) or "all", took, step.reason or ""
