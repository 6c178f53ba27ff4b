"""Whether a release that was killed and resumed came to a right end: by the event journal, the ledger and the lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appdeploy.ledger.store import Ledger
from appdeploy.lock.store import DynamoLockStore
from appdeploy.model.ledger_entry import Entry, ServiceEntry
from appdeploy.model.outcome import Outcome
from appdeploy.model.task_definition import RELEASE_TAG
from sandbox.emulator.journal import Entry as Happened
from sandbox.emulator.journal import Kind
from tests.simulation.faults import platform
from tests.simulation.faults.journal_replay import Deployment, Service, Story
from tests.simulation.faults.simulation import TOOL
from tests.simulation.kill.scenarios import Scenario
from tests.simulation.verb import Verb

_TAKEN_BACK = frozenset({Outcome.ROLLED_BACK.value, Outcome.ROLLED_BACK_BY_ECS.value})
_BACK = _TAKEN_BACK | {Outcome.SKIPPED.value}
_KEPT = 20


@dataclass(frozen=True)
class Witness:
    """Where the truth is looked up."""

    entries: Callable[[], list[Happened]]
    """The event journal so far."""
    dynamodb: Any
    """A client, for ledger and lock."""


@dataclass(frozen=True)
class Before:
    """The platform as it was when the command began."""

    number: int
    """Of the newest journal entry."""
    definitions: Mapping[str, str]
    """Task definitions by service."""
    succeeded: Mapping[str, tuple[str, ...]]
    """Task definitions that once came to a good end, by service, oldest first."""
    releases: frozenset[str]
    """Ids in the ledger."""


def before(witness: Witness) -> Before:
    story = _story(witness)
    services = {name: story.services[platform.service_arn(name)] for name in platform.COUNTS}
    return Before(
        number=story.number,
        definitions={name: service.definition for name, service in services.items()},
        succeeded={name: tuple(service.successes) for name, service in services.items()},
        releases=frozenset(entry.id for entry in _entries(witness)),
    )


def wrongs(witness: Witness, scenario: Scenario, then: Before) -> list[str]:
    """What is not as it must be, one sentence each; empty when all is right. No one is at work any more."""
    story = _story(witness)
    entries = [entry for entry in _entries(witness) if entry.id not in then.releases]
    found = [*_lock(witness), *_once(story, then, entries), *_tasks(witness, then)]
    for name in platform.COUNTS:
        service = story.services[platform.service_arn(name)]
        reported = next((entry.services[name] for entry in reversed(entries) if name in entry.services), None)
        if reported and name in scenario.services:
            found += (f"{name}: {wrong}" for wrong in _ended(scenario, then, name, service, reported))
        else:
            found += (f"{name}: {wrong}" for wrong in _as_before(then, name, service))
    return found


def _story(witness: Witness) -> Story:
    story = Story()
    story.tell(witness.entries())
    return story


def _entries(witness: Witness) -> list[Entry]:
    return Ledger(witness.dynamodb, platform.TABLE).newest(_KEPT)


def _lock(witness: Witness) -> Iterator[str]:
    holder = DynamoLockStore(witness.dynamodb, platform.TABLE).read().holder
    if holder:
        yield f"the lock is held by {holder.release}"


def _once(story: Story, then: Before, entries: list[Entry]) -> Iterator[str]:
    """One entry, settled, and at most one revision of a family for it; nothing is deregistered."""
    registered = Counter(
        (str(each["tags"].get(RELEASE_TAG)), str(each["task_definition"]).rsplit(":", 1)[0])
        for each in story.registered
        if each["n"] > then.number
    )
    yield from (f"{family} was registered {times} times" for (_, family), times in registered.items() if times > 1)
    ids = {entry.id for entry in entries}
    yield from (f"{family} was registered for {release}" for release, family in registered if release not in ids)
    yield from (f"{each['task_definition']} was deregistered" for each in story.deregistered if each["n"] > then.number)
    if len(entries) > 1:
        yield f"the ledger has {len(entries)} new entries"
    yield from (f"{entry.id} is not settled" for entry in entries if not entry.settled)
    yield from (f"{entry.id} was not reported" for entry in entries if entry.reported is None)


def _tasks(witness: Witness, then: Before) -> Iterator[str]:
    """No release runs its task twice."""
    launched = (each for each in witness.entries() if each.n > then.number and each.kind is Kind.TASK_LAUNCHED)
    for origin, times in Counter(each.details["started_by"] for each in launched if not each.service).items():
        if times > 1:
            yield f"the task {origin} was run {times} times"


def _as_before(then: Before, name: str, service: Service) -> Iterator[str]:
    if service.definition != then.definitions[name]:
        yield f"it stands on {service.definition} without an entry"
    if service.asked_for(TOOL, then.number):
        yield "it has a deployment without an entry"


def _ended(scenario: Scenario, then: Before, name: str, service: Service, entry: ServiceEntry) -> Iterator[str]:
    ours = service.asked_for(TOOL, then.number)
    if scenario.takes_back(name):
        yield from _back(scenario, then, name, service, entry)
        return
    first_failed = scenario.fails and not scenario.released
    # Taken back to its template, a first release leaves a second deployment: one of no task.
    if len(ours) != 1 and not (first_failed and _all_empty(ours[1:])):
        yield f"{len(ours)} deployments were started"
        return
    if service.under_way:
        yield "ECS is still at work on it"
    if entry.deployment_id != ours[0].id:
        yield f"its entry has the deployment {entry.deployment_id}, not {ours[0].id}"
    if not entry.settled:
        yield "its entry is not settled"
    yield from _fallen(scenario, then, name, service, entry) if scenario.fails else _live(scenario, then, name, service, entry)


def _back(scenario: Scenario, then: Before, name: str, service: Service, entry: ServiceEntry) -> Iterator[str]:
    """It did well, and another one did not: never begun, stopped, or returned by a second deployment."""
    ours = service.asked_for(TOOL, then.number)
    if len(ours) > 2 or any(each.definition != then.definitions[name] for each in ours[1:]):
        yield f"deployments of {[each.definition for each in ours]} were started"
    if entry.outcome == Outcome.SKIPPED.value and ours:
        yield "it is said not to have begun"
    if service.under_way or not entry.settled:
        yield "it is not settled"
    yield from _fallen(scenario, then, name, service, entry)


def _all_empty(deployments: list[Deployment]) -> bool:
    return all(each.count_when_complete == 0 for each in deployments)


def _live(scenario: Scenario, then: Before, name: str, service: Service, entry: ServiceEntry) -> Iterator[str]:
    (ours,) = service.asked_for(TOOL, then.number)
    if entry.outcome != Outcome.LIVE.value:
        yield f"its outcome is {entry.outcome}: {entry.cause}"
    if not service.definition == ours.definition == entry.target.task_definition:
        yield f"it stands on {service.definition}, ours began {ours.definition}, wanted is {entry.target.task_definition}"
    if service.primary != ours.id or ours.status != "SUCCESSFUL":
        yield f"ours is {ours.status}, PRIMARY is {service.primary}"
    if service.healthy_tasks(ours.id) != platform.COUNTS[name]:
        yield f"{service.healthy_tasks(ours.id)} tasks of ours serve"
    if scenario.verb is Verb.ROLLBACK and (entry.base if scenario.deregistered else ours.definition) != _way_back(
        then.succeeded[name]
    ):
        yield f"it was to return to {_way_back(then.succeeded[name])}"


def _way_back(succeeded: Sequence[str]) -> str:
    """The newest success before the first one of the newest."""
    return succeeded[succeeded.index(succeeded[-1]) - 1]


def _fallen(scenario: Scenario, then: Before, name: str, service: Service, entry: ServiceEntry) -> Iterator[str]:
    wanted = _BACK if scenario.takes_back(name) else _TAKEN_BACK if scenario.released else {Outcome.FAILED.value}
    if entry.outcome not in wanted:
        yield f"its outcome is {entry.outcome}: {entry.cause}"
    if service.definition != then.definitions[name]:
        yield f"it stands on {service.definition}, not on the former {then.definitions[name]}"
    count = platform.COUNTS[name] if scenario.released else 0
    if service.healthy_tasks(service.primary) != count or len(service.tasks) != count:
        yield f"{len(service.tasks)} tasks are there, {service.healthy_tasks(service.primary)} serve, not {count}"
