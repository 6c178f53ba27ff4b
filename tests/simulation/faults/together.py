"""What holds of the services of one release together, decided from the event journal (docs/adr/015-several-services.md).

- **In turn**: a service is updated only when each service of a lower group serves: ECS completed its deployment with at
  least one task, or as many of its tasks as are wanted run and are healthy in every serving target group. A rollback
  keeps no order.
- **The task before**: a service that wants one is given a new revision only after that task has ended well, and no
  service of its group or of a later one after it has ended badly. One release runs it once.
- **skipped**: nothing was sent to the service, and what had to come before it did not go well: a service of a lower
  group, or the task before a service of its own group.
- **The way back**: `returned` is a later deployment of an atomic release, to what its service stood on before. Then nothing
  but the end of that decides: **rolled-back** when ECS completed it with at least one task, **superseded** when someone
  else's deployment came, **failed** when it ended in any other way. None is begun unless another service has failed: one that
  ECS has begun to roll back has, also when the command's time was over before the end of that.
- **All or none**: when a service of an atomic release has failed, no other one is left live on what is new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.emulator.journal import Entry
from tests.simulation.faults.journal_replay import Deployment, Errand, Service, Story
from tests.simulation.faults.reported import End, Reported, Said, name_of
from tests.simulation.verb import Verb

_WELL = frozenset({"live", "unchanged"})
_NO_FAILURE = _WELL | {"timed-out", "skipped"}
"""Of what is skipped something else is the cause; what timed out goes on."""


def lies_together(reported: Reported, entries: Sequence[Entry]) -> Iterator[str]:
    """Everything that is not true of a release's services together, one line each."""
    now = Story()
    now.tell(entries)
    yield from _out_of_turn(reported, entries)
    yield from _unprepared(reported, now)
    if reported.wish.atomic and reported.end is End.RESULTS:
        yield from _not_all_or_none(reported, now)


def serves(service: Service, ours: Deployment) -> bool:
    """Whether a deployment serves customers with all tasks that are wanted, or did when ECS completed it."""
    if ours.status == "SUCCESSFUL":
        return bool(ours.count_when_complete)
    at_work = ours.status == "IN_PROGRESS" and service.primary == ours.id
    return at_work and 0 < service.count <= service.healthy_tasks(ours.id)


def end_of_return(service: Service, returned: Deployment) -> frozenset[str]:
    """What is true of a service that goes back."""
    if returned.replaced:
        return frozenset({"superseded"})
    if returned.status == "SUCCESSFUL":
        proved = {"rolled-back"} if returned.count_when_complete else set[str]()
        return frozenset(proved if service.count else proved | {"failed"})
    return frozenset({"failed"} if returned.over else ())


def is_held_back(reported: Reported, said: Said, story: Story) -> bool:
    """Whether nothing was sent to the service, and what had to come before it did not go well."""
    if any(key == reported.wish.key and n > reported.began for n, key in story.services[said.service].updates):
        return False
    order = reported.wish.order(said.service)
    # A service that is being rolled back has failed: what it holds back is reported before its own end.
    if any(reported.wish.order(each.service) < order and each.outcome not in _WELL for each in reported.said):
        return True
    before = reported.said[: reported.said.index(said)]
    bad = [each.service for each in before if each.outcome not in _WELL]
    return any(
        reported.wish.order(arn) == order
        for arn in {*bad, *_failed_errands(reported, story), *_refused_errands(reported, story)} & reported.wish.before.keys()
    )


def _errand(reported: Reported, story: Story, arn: str) -> Errand | None:
    return story.errands.get(f"{reported.release}/{reported.wish.before.get(arn)}")


def _failed_errands(reported: Reported, story: Story) -> set[str]:
    errands = {arn: _errand(reported, story, arn) for arn in reported.wish.before}
    return {arn for arn, errand in errands.items() if errand and errand.failed}


def _refused_errands(reported: Reported, story: Story) -> set[str]:
    """Services whose task before the rollout was never launched, in a release of which ECS refused one, or did not take the
    credentials for it: nothing tells whose."""
    asked = [call for call in reported.calls if call.operation == "RunTask" and call.n > reported.began]
    refused = any(call.refused or not call.answered for call in asked)
    return {arn for arn in reported.wish.before if refused and _errand(reported, story, arn) is None}


def _out_of_turn(reported: Reported, entries: Sequence[Entry]) -> Iterator[str]:
    if reported.wish.verb is Verb.ROLLBACK or not reported.ended:
        return
    story, served, begun = Story(), set[str](), set[str]()
    for _ in story.moments(entries, reported.began, reported.ended):
        services = {arn: story.services[arn] for arn in reported.wish.services}
        ours = {arn: reported.ours(service) or reported.mistakable(service) for arn, service in services.items()}
        for arn in [arn for arn, deployment in ours.items() if deployment and arn not in begun]:
            begun.add(arn)
            yield from (
                f"{name_of(arn)} was updated before {name_of(other)} served" for other in _awaited(reported, arn, served)
            )
        served |= {arn for arn, deployment in ours.items() if deployment and serves(story.services[arn], deployment)}


def _awaited(reported: Reported, arn: str, served: set[str]) -> list[str]:
    """What should have served before this one was updated, and had not."""
    lower = [other for other in reported.wish.services if reported.wish.order(other) < reported.wish.order(arn)]
    return [other for other in lower if other not in served and reported.last.get(other) != "unchanged"]


def _unprepared(reported: Reported, now: Story) -> Iterator[str]:
    failed = min((reported.wish.order(arn) for arn in _failed_errands(reported, now)), default=None)
    for arn in reported.wish.services:
        ours, errand = reported.ours(now.services[arn]), _errand(reported, now, arn)
        if ours and failed is not None and reported.wish.order(arn) >= failed:
            yield f"{name_of(arn)} was updated although a task before it has failed"
        if _wants_it(reported, now.services[arn]) and arn in reported.wish.before and not (errand and errand.passed):
            yield f"{name_of(arn)} was updated and the task before it has not passed"
        if errand and errand.launched > 1:
            yield f"the task before {name_of(arn)} ran {errand.launched} times"


def _wants_it(reported: Reported, service: Service) -> bool:
    """Only a new revision has something to prepare."""
    return reported.wish.verb is not Verb.ROLLBACK and reported.brought_new(service)


def _not_all_or_none(reported: Reported, now: Story) -> Iterator[str]:
    # What the command was not shown decides nothing: `resume` looks at that task again.
    unknown = {arn for arn, outcome in reported.last.items() if outcome == "timed-out"}
    failed = bool(_failed_errands(reported, now) - unknown) or any(
        outcome not in _NO_FAILURE and reported.returned(now.services[arn]) is None for arn, outcome in reported.last.items()
    )
    for arn, outcome in reported.last.items():
        service = now.services[arn]
        if failed and outcome == "live" and reported.brought_new(service):
            yield f"{name_of(arn)} is live although another service of the release failed"
        others = (now.services[other] for other in reported.last if other != arn)
        if not failed and reported.returned(service) and not any(_goes_back(reported, other) for other in others):
            yield f"{name_of(arn)} went back although no service of the release failed"


def _goes_back(reported: Reported, service: Service) -> bool:
    """Whether ECS has begun to roll this release's deployment back."""
    ours = reported.ours(service)
    return ours is not None and bool(ours.rolled_back_because)
