"""What the ledger may truthfully say once ECS has finished, decided from the event journal alone.

For one service of a release, with `ours` as in truth.py: the entry is settled if and only if ECS will not change our
deployment any more, and its outcome is then how our deployment ended. Nothing else has a say: not what the command reported
while it watched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appdeploy.model.ledger_entry import Entry as LedgerEntry
from sandbox.emulator.journal import Entry, Kind
from tests.simulation.faults.journal_replay import Deployment, Service, Story
from tests.simulation.faults.reported import Reported
from tests.simulation.faults.together import end_of_return
from tests.simulation.faults.truth import BY_A_USER
from tests.simulation.verb import Verb

NEVER_SENT = frozenset({"refused", "unchanged", "superseded", "skipped"})


def ledger_lies(reported: Sequence[Reported], ledger: Sequence[LedgerEntry], entries: Sequence[Entry]) -> Iterator[str]:
    """Everything in the ledger that is not true, one line each, after ECS had the time to finish and it was read."""
    by_id = {entry.id: entry for entry in ledger}
    for release in reported:
        entry = by_id.get(release.release)
        if entry is None:
            if _began_something(release, entries) and not _was_shut_out(release):
                yield f"{release.release} changed a service and is not in the ledger"
            continue
        yield from _lies_of(release, entry, entries)


def _lies_of(reported: Reported, entry: LedgerEntry, entries: Sequence[Entry]) -> Iterator[str]:
    before, now = Story(), Story()
    before.tell(entries, reported.began)
    now.tell(entries)
    for name, service in entry.services.items():
        last = now.services[service.service]
        true = frozenset[str]().union(*(_true_at_last(reported, entries, last, first) for first in reported.may_be_first(last)))
        said = service.outcome if service.settled else "open"
        if entry.atomic and not _all_well(entry) and "live" in true:
            # `resume` may have to take it back, and cannot where someone deregistered what it ran.
            gone = {each["task_definition"] for each in now.deregistered}
            true |= {"open", *({"failed"} if before.services[service.service].definition in gone else ())}
        ours = reported.ours(last)
        if _looks_on(reported, entry) and ours is not None and last.primary != ours.id and "live" in true:
            true |= {"superseded"}
        if said not in true:
            yield f"the ledger says of {name} in {entry.id}: {said}, true is {' or '.join(sorted(true))}"


def _true_at_last(reported: Reported, entries: Sequence[Entry], last: Service, first: bool) -> frozenset[str]:
    return _true(reported, last, first=first) if last.exists else _before_it_went(reported, entries, last.arn, first=first)


def _looks_on(reported: Reported, entry: LedgerEntry) -> bool:
    """Whether the release saw what came after the completion of its deployment: what keeps a service from going back, or what
    it waited for as a late write."""
    return (entry.atomic and not _all_well(entry)) or (reported.held and reported.wish.verb is Verb.ROLLBACK)


def _all_well(entry: LedgerEntry) -> bool:
    return all(service.outcome in ("live", "unchanged") for service in entry.services.values())


def _before_it_went(reported: Reported, entries: Sequence[Entry], arn: str, *, first: bool) -> frozenset[str]:
    """Of a deleted service: what was settled before stays true. Who still watched calls it failed, who comes later cannot
    know any more."""
    deleted = next(entry.n for entry in entries if entry.service == arn and entry.kind is Kind.SERVICE_DELETED)
    story = Story()
    story.tell(entries, deleted - 1)
    watched = {"failed"} if deleted <= reported.ended else set()
    return (_true(reported, story.services[arn], first=first) - {"open"}) | {"unknown"} | watched


def _true(reported: Reported, service: Service, *, first: bool) -> frozenset[str]:
    ours = reported.ours(service)
    if ours is None:
        # What was never sent stays open until someone resumes it, or another deployment comes.
        mistakable = reported.mistakable(service)
        taken = _true_of(reported, service, mistakable, first=first) if mistakable else frozenset[str]()
        return NEVER_SENT | {"open"} | taken
    return _true_of(reported, service, ours, first=first)


def _true_of(reported: Reported, service: Service, ours: Deployment, *, first: bool) -> frozenset[str]:
    returned = reported.returned(service)
    if returned:
        return end_of_return(service, returned) if returned.over else frozenset({"open"})
    if not ours.over:
        return frozenset({"open"})
    if ours.replaced:
        return frozenset({"superseded", "failed"} if first else {"superseded"})
    if ours.status == "SUCCESSFUL":
        if reported.emptied(service):
            return frozenset({"failed", "open"})
        # A count of 0 may have been set after it was settled, or before.
        return frozenset({"live"} if service.count and ours.count_when_complete else {"live", "failed"})
    if first:
        # Without the command no one sets the count back to 0: that is left for `resume`.
        return frozenset({"failed", "open"})
    if ours.status == "ROLLBACK_SUCCESSFUL":
        back = "rolled-back" if BY_A_USER in ours.rolled_back_because else "rolled-back-by-ecs"
        return frozenset({back} if service.count else {back, "failed"})
    return frozenset({"failed"})


def _was_shut_out(reported: Reported) -> bool:
    """Whether the table answered none of its writes: a rollback goes on without a ledger, and says so."""
    writes = [call for call in reported.calls if call.operation in ("PutItem", "TransactWriteItems", "UpdateItem")]
    return bool(writes) and not any(call.answered for call in writes)


def _began_something(reported: Reported, entries: Sequence[Entry]) -> bool:
    story = Story()
    story.tell(entries)
    return any(reported.ours(service) for service in story.services.values())
