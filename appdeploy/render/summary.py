"""A release as Markdown, for the page of a CI run."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator

from appdeploy.ledger.fold import ReleaseFold
from appdeploy.ledger.next_steps import rollback_command, what_next
from appdeploy.model.causes import services_root_first
from appdeploy.model.image import short
from appdeploy.model.ledger_entry import CountChange, Entry, ServiceEntry, VersionRef
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.words import duration, hold_change, tasks

_HEADINGS = ("service", "from", "to", "outcome", "time", "cause")


def summary_lines(environment: str, account: ReleaseFold, problem: Iterable[str] = ()) -> Iterator[str]:
    """The summary of a release so far; `problem` is the error that ended the command, if one did."""
    entry, problem = account.entry, list(problem)
    if entry is None:
        yield f"## Release to {environment}: nothing was changed"
    else:
        yield f"## {_text(entry.purpose)}: {entry.outcome or 'no outcome'}"
    yield ""
    yield from (f"> {_text(line)}" for line in problem)
    yield from ([""] if problem else [])
    if entry is not None:
        yield from _release(entry, account, complete=not problem)


def _release(entry: Entry, account: ReleaseFold, *, complete: bool) -> Iterator[str]:
    yield from (_row(_HEADINGS), _row("---" for _ in _HEADINGS))
    yield from (_row(_cells(name, service)) for name, service in services_root_first(entry.services).items())
    yield ""
    for result in account.results.values():
        yield from _log(result)
    yield from (f"- {name}: {words}" for name, words in _facts(entry, account) if words)
    if complete or account.changed:
        yield f"- what next: {what_next(entry)}"
    back = rollback_command(entry)
    if back:
        yield f"- roll back: `{back}`"
    yield ""


def _facts(entry: Entry, account: ReleaseFold) -> Iterator[tuple[str, str | None]]:
    yield "release", f"`{entry.id}`"
    yield "who", _text(entry.who)
    yield "why", entry.reason and _text(entry.reason)
    yield "change", entry.change_ticket and _text(entry.change_ticket)
    yield "during an incident", entry.incident and _text(entry.incident)
    yield "took", duration(account.seconds) if account.seconds is not None else None


def _cells(name: str, service: ServiceEntry) -> Iterator[str]:
    yield name
    yield from _counts(service.count) if service.count else (_side(service.previous), _side(service.target))
    yield f"{service.outcome or 'not decided'}{'' if service.settled or not service.outcome else ', not settled'}"
    yield duration(service.seconds) if service.seconds else ""
    yield _text(service.cause or "")


def _counts(change: CountChange) -> tuple[str, str]:
    target = change.previous if change.target is None else change.target
    return tasks(change.previous), f"{tasks(target)}{hold_change(change)}"


def _side(side: VersionRef) -> str:
    if side.version is None:
        return "-"
    return _text(f"{side.version} ({short(side.digest)})" if side.digest else side.version)


def _log(result: ServiceResult) -> Iterator[str]:
    """Indented, so that Markdown shows it as it is."""
    if result.log_lines:
        yield from (f"{result.service}, last log lines:", "", *(f"    {line}" for line in result.log_lines), "")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(words: str) -> str:
    """Text of people and of AWS, escaped so that nothing in it is Markdown or HTML."""
    escaped = html.escape(" ".join(words.split()), quote=False)
    return "".join(f"\\{letter}" if letter in "\\`*_[]|" else letter for letter in escaped)
