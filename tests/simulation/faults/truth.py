"""What may truthfully be said of a release, decided from the event journal alone.

The rules, for one service. `ours` is the deployment that the journal shows our UpdateService to have begun.

- Something is true if it was so at a moment between the tool's last pause and its saying so: it must have looked then.
- **live**: ECS completed our deployment with at least one task; or, unless the tool was to wait for that, our deployment
  is PRIMARY and as many of its tasks as are wanted run and are healthy in every serving target group.
- **rolled-back-by-ecs**: ECS took our deployment back by itself, and that is complete, with at least one task.
- **rolled-back**: the same because someone asked for it by StopServiceDeployment.
- **superseded**: ECS stopped our deployment for a newer one that someone else began. Where it was taking a first release
  back to its template, and the newer one is that template too, the release has as well **failed**.
- **failed**: our deployment has ended in none of these ways; or the service was deleted; or what ECS completed, forward
  or back, has no task, so that nothing serves; or ECS takes back a first release, which has no previous version.
- **timed-out**: none of these is so yet, and the time is up; or the tool's last call, or one of its writes, got no answer.
- A restart of ours that got no answer, and someone else's restart after it, are one and the same to all who look at ECS:
  what is true of that one may be said, as well as that ours was refused.
- **unchanged**: nothing was sent, and the service stood completed on what was wanted.
- **refused**: nothing was sent to this service, and something was in the way.

What holds of the services of one release together, the way back among it, is in `tests.simulation.faults.together`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appdeploy.lock.lease import LEASE_SECONDS
from sandbox.emulator.journal import Entry
from tests.simulation.faults.journal_replay import Deployment, Service, Story
from tests.simulation.faults.reported import End, Reported, Said, name_of, on_template
from tests.simulation.faults.together import end_of_return, is_held_back, lies_together, serves
from tests.simulation.verb import Verb

SEVERITY = {"failed": 22, "timed-out": 24, "superseded": 23, "rolled-back": 21, "rolled-back-by-ecs": 20} | {
    "refused": 10,
    "skipped": 25,
}
"""Exit status by outcome, worst first (the page of release semantics); without any of these it is 0."""
_LOOKS = (
    "DescribeServices",
    "ListServiceDeployments",
    "DescribeServiceDeployments",
    "DescribeServiceRevisions",
    "DescribeRules",
    "StopServiceDeployment",
    "UpdateService",
    "ListTasks",
    "DescribeTaskDefinition",
    "DescribeTasks",
    "DescribeTargetHealth",
)
"""All that a watch asks ECS and the load balancer: one that gets no answer may be the last that it looks."""
BY_A_USER = "of a user request"


def lies(reported: Reported, entries: Sequence[Entry]) -> list[str]:
    """Everything that is not true, one line each."""
    alone = (*_sent_wrongly(reported, entries), *_said_wrongly(reported, entries), *_ended_wrongly(reported, entries))
    return [*alone, *lies_together(reported, entries)]


def _sent_wrongly(reported: Reported, entries: Sequence[Entry]) -> Iterator[str]:
    story, wish = Story(), reported.wish
    story.tell(entries)
    ours = [each for each in story.registered if each["by"]["access_key"] == wish.key and each["n"] > reported.began]
    families = [each["task_definition"].rsplit(":", 1)[0] for each in ours]
    for family in sorted({family for family in families if families.count(family) > 1}):
        yield f"{families.count(family)} revisions of {family.rsplit('/', 1)[-1]} were registered for one release"
    for each in story.deregistered:
        if each["by"]["access_key"] == wish.key and each["n"] > reported.began:
            yield f"{each['task_definition']} was deregistered"
    for service in story.services.values():
        returned = reported.returned(service)
        begun = [each for each in reported.begun(service) if not on_template(each.definition) and each is not returned]
        if len(begun) > 1:
            yield f"{len(begun)} deployments of {name_of(service.arn)} were begun for one release"


def _said_wrongly(reported: Reported, entries: Sequence[Entry]) -> Iterator[str]:
    for said in reported.said:
        true = _true_meanwhile(reported, said, entries)
        if said.outcome not in true:
            yield f"{name_of(said.service)}: said {said.outcome}, true is {' or '.join(sorted(true)) or 'nothing yet'}"


def _true_meanwhile(reported: Reported, said: Said, entries: Sequence[Entry]) -> frozenset[str]:
    story, true = Story(), set[str]()
    story.tell(entries, reported.began)
    undecided = False
    for _ in story.moments(entries, said.looked, said.at):
        service = story.services[said.service]
        firsts = reported.may_be_first(service)
        now = frozenset[str]().union(*(_true_now(reported, service, first) for first in firsts))
        # A look takes time: the service is read before the health of its targets, and ECS's reads may lag behind too. Who
        # was shown our deployment at work, and then its targets gone, was never shown it live, nor yet what took them.
        undecided |= not now or ("live" in true and "live" not in now)
        undecided |= "live" in now and _is_on_guard(reported, said)
        true |= now
        if is_held_back(reported, said, story):
            true.add("skipped")
        if _could_not_return(reported, said, service):
            true.add("failed")
        if undecided and _time_is_up(reported, said):
            true |= _at_the_deadline(reported, service, any(firsts))
    if _is_blind(reported, said):
        true.add("timed-out")
    return frozenset(true)


def _true_now(reported: Reported, service: Service, first: bool) -> frozenset[str]:
    ours = reported.ours(service)
    if not service.exists:
        return frozenset({"failed"}) if ours else frozenset({"failed", "refused"})
    if ours is None:
        mistakable = reported.mistakable(service)
        taken = _true_of(reported, service, mistakable, first) if mistakable else frozenset[str]()
        return _untouched(reported, service) | taken
    return _true_of(reported, service, ours, first)


def _true_of(reported: Reported, service: Service, ours: Deployment, first: bool) -> frozenset[str]:
    returned = reported.returned(service)
    if returned is not None:
        return end_of_return(service, returned)
    if ours.replaced and not _by_us(reported, service, ours):
        # Someone's restart of the template does not undo the failure: ECS was taking the service back to just that.
        failed = first and ours.rolled_back_because and on_template(service.definition)
        return frozenset({"superseded", "failed"} if failed else {"superseded"})
    match ours.status:
        case "SUCCESSFUL":
            return _completed(reported, service, ours)
        case "IN_PROGRESS":
            return frozenset({"live"}) if not reported.wish.until_complete and serves(service, ours) else frozenset()
        case "" | "ROLLBACK_REQUESTED":  # The journal names a new deployment one entry before it says how it stands.
            return frozenset()
        case "ROLLBACK_IN_PROGRESS" if not first:
            return frozenset()
    if first:
        return frozenset({"failed"})
    if ours.status == "ROLLBACK_SUCCESSFUL" and service.count > 0:
        return frozenset({"rolled-back" if BY_A_USER in ours.rolled_back_because else "rolled-back-by-ecs"})
    return frozenset({"failed"})


def _completed(reported: Reported, service: Service, ours: Deployment) -> frozenset[str]:
    proved = frozenset({"live"}) if serves(service, ours) and not reported.emptied(service) else frozenset()
    # Who takes a service back, or still waits for late writes, sees what came after the completion.
    looks_on = reported.wish.atomic or (reported.held and reported.wish.verb is Verb.ROLLBACK)
    replaced = frozenset({"superseded"} if looks_on and service.primary != ours.id else ())
    return proved | replaced if service.count else proved | replaced | {"failed"}


def _could_not_return(reported: Reported, said: Said, service: Service) -> bool:
    """Whether a service that is to go back is as it was, because AWS refused."""
    refused = any(
        call.refused and call.operation == "UpdateService" and said.looked <= call.n <= said.at for call in reported.calls
    )
    ours = reported.ours(service)
    return reported.wish.atomic and refused and ours is not None and ours.status == "SUCCESSFUL"


def _untouched(reported: Reported, service: Service) -> frozenset[str]:
    if any(key == reported.wish.key and n > reported.began for n, key in service.updates):
        return frozenset()
    primary = service.deployments[service.primary]
    settled = not service.under_way and primary.over and primary.status != "STOPPED"
    return frozenset({"refused", "unchanged"} if settled and _as_wanted(reported, service) else {"refused"})


def _as_wanted(reported: Reported, service: Service) -> bool:
    if reported.wish.verb is not Verb.DEPLOY:
        return True
    wanted = reported.wish.digests.get(service.arn)
    return any(wanted in task.digests.values() for task in service.tasks.values() if task.deployment == service.primary)


def _time_is_up(reported: Reported, said: Said) -> bool:
    return said.time >= reported.began_time + reported.wish.timeout


def _is_on_guard(reported: Reported, said: Said) -> bool:
    """Whether a rollback still waits for late writes of the release that it took the lock from: until then it calls
    nothing live (docs/adr/013-late-writes.md)."""
    return reported.held and reported.wish.verb is Verb.ROLLBACK and said.time < reported.began_time + LEASE_SECONDS


def _at_the_deadline(reported: Reported, service: Service, first: bool) -> set[str]:
    ours = reported.ours(service)
    # Where there is no previous version, who asks for its return knows the end already.
    failed = ours is not None and first and (ours.status == "ROLLBACK_REQUESTED" or reported.emptied(service))
    return {"timed-out", "failed"} if failed else {"timed-out"}


def _is_blind(reported: Reported, said: Said) -> bool:
    """Whether what the tool could not read, or learn of a write, kept it from knowing."""
    before = [call for call in reported.calls if call.n <= said.at and call.time <= said.time]
    if _time_is_up(reported, said):
        return any(not call.answered for call in before if call.n >= said.looked)
    # While it watches, silence counts up to the very last look; before, it may be another service's call that came last.
    looks = [call for call in before if call.operation in _LOOKS]
    return any(not call.answered for call in (looks[-1:] if said.started else before))


def _by_us(reported: Reported, service: Service, ours: Deployment) -> bool:
    later = [each for each in service.deployments.values() if each.began > ours.began]
    return bool(later) and later[0].by == reported.wish.key


def _ended_wrongly(reported: Reported, entries: Sequence[Entry]) -> Iterator[str]:
    match reported.end:
        case End.RESULTS:
            outcomes = set(reported.last.values())
            expected = next((code for outcome, code in SEVERITY.items() if outcome in outcomes), 0)
            if reported.exit_code != expected:
                yield f"exit status {reported.exit_code}, and {expected} is right for {', '.join(sorted(outcomes))}"
        case End.REFUSED:
            yield from _changed(reported, entries, registered=True)
            if not any(not call.answered for call in reported.calls) and not _obstacles(reported, entries):
                yield f"refused although nothing was in the way: {reported.words}"
        case End.OUT_OF_REACH:
            yield from _changed(reported, entries, registered=False)
            if all(call.answered for call in reported.calls):
                yield f"out of reach although every call was answered: {reported.words}"
        case End.LOCKED | End.LOCK_LOST | End.CRASHED:
            yield f"ended without an outcome, exit status {reported.exit_code}: {reported.words}"


def _changed(reported: Reported, entries: Sequence[Entry], *, registered: bool) -> Iterator[str]:
    story, key = Story(), reported.wish.key
    story.tell(entries)
    if any(by == key and n > reported.began for service in story.services.values() for n, by in service.updates):
        yield f"said that nothing was changed, and a service was updated: {reported.words}"
    if registered and any(each["by"]["access_key"] == key and each["n"] > reported.began for each in story.registered):
        yield f"said that nothing was changed, and a revision was registered: {reported.words}"


def _obstacles(reported: Reported, entries: Sequence[Entry]) -> set[str]:
    story, found = Story(), set[str]()
    for _ in story.moments(entries, reported.began, entries[-1].n):
        for arn in reported.wish.services:
            found |= {what for what, there in _in_the_way(reported, story, story.services[arn]) if there}
    return found | ({"an alarm rings"} if reported.ringing else set())


def _in_the_way(reported: Reported, story: Story, service: Service) -> Iterator[tuple[str, bool]]:
    verb, first = reported.wish.verb, on_template(service.definition)
    yield "it is deleted", not service.exists
    yield "it was never released", first and verb in (Verb.RESTART, Verb.ROLLBACK)
    yield "it stands at 0", not first and service.count == 0 and verb is not Verb.ROLLBACK
    yield "a deployment is under way", service.under_way and verb is not Verb.ROLLBACK
    yield "it was never pushed", verb is Verb.DEPLOY and service.arn not in reported.wish.digests
    yield "its last deployment failed", verb is Verb.SYNC and service.deployments[service.primary].status == "STOPPED"
    if verb is Verb.ROLLBACK:
        back = way_back(service)
        gone = {each["task_definition"] for each in story.deregistered}
        yield "there is no way back", back is None
        yield "the way back was deregistered", back in gone


def way_back(service: Service) -> str | None:
    """Where a rollback leads: the newest success older than the first one of what ECS works towards, else the last success."""
    good = [definition for definition in service.successes if not on_template(definition)]
    if service.definition not in good or any(each.status.startswith("ROLLBACK_") for each in _going_back(service)):
        return good[-1] if good else None
    older = good[: good.index(service.definition)]
    return older[-1] if older else None


def _going_back(service: Service) -> list[Deployment]:
    return [each for each in service.deployments.values() if each.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")]
