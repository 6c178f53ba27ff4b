"""The journal reported as a story: what each service was at any moment, folded from the emulator's event journal alone.

Nothing of the product is used here, and nothing of the API: the entries of `sandbox.emulator.journal` say who asked for
what, what ECS began and how it ended, and which task was healthy where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.emulator.ecs.wording import SUPERSEDED
from sandbox.emulator.journal import Entry, Kind

_BY_ITSELF = "EssentialContainerExited"
FINAL = frozenset({"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"})


@dataclass
class Deployment:
    """One deployment of a service, from its beginning to its end."""

    id: str
    definition: str
    by: str
    """Access key of who asked for it."""
    began: int
    """Number of the entry that created it."""
    status: str = ""
    """Of its service deployment."""
    rolled_back_because: str = ""
    replaced: bool = False
    """ECS stopped it because a newer deployment began."""
    count_when_complete: int | None = None

    @property
    def over(self) -> bool:
        """Whether ECS will not change it any more."""
        return self.status in FINAL


@dataclass
class Task:
    """One task that runs or is on its way."""

    deployment: str
    ip: str | None = None
    """None until it runs."""
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Errand:
    """A task that no service started."""

    began: int
    """Number of the entry that launched it."""
    launched: int = 1
    """How many tasks were launched under the same name."""
    codes: Mapping[str, int | None] | None = None
    """Exit codes by container; None until it has stopped."""
    stopped_by: str = ""
    """Why it has stopped, as a stop code."""

    @property
    def passed(self) -> bool:
        """Whether it has ended by itself, and well."""
        return self.codes is not None and self.stopped_by == _BY_ITSELF and set(self.codes.values()) == {0}

    @property
    def failed(self) -> bool:
        """Whether it has ended in any other way."""
        return self.codes is not None and not self.passed


@dataclass
class Service:
    """One service at a moment of the journal."""

    arn: str
    groups: frozenset[str]
    """Target groups whose weight is not 0: under a rolling strategy that never changes."""
    count: int
    definition: str
    exists: bool = True
    primary: str = ""
    deployments: dict[str, Deployment] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    healthy: set[tuple[str, str]] = field(default_factory=set)
    """Target group and address."""
    asked_by: str = ""
    """Access key of the last UpdateService or CreateService."""
    updates: list[tuple[int, str]] = field(default_factory=list)
    """Entry and access key of each UpdateService that ECS took."""
    stood_on: list[tuple[int, str]] = field(default_factory=list)
    """Entry and task definition of all that was ever PRIMARY, oldest first."""
    successes: list[str] = field(default_factory=list)
    """Task definitions of the deployments that succeeded, oldest first."""

    def healthy_tasks(self, deployment: str) -> int:
        """How many tasks of a deployment run and are healthy in every group that serves."""
        return sum(task.deployment == deployment and self._is_healthy(task) for task in self.tasks.values())

    def _is_healthy(self, task: Task) -> bool:
        return task.ip is not None and all((group, task.ip) in self.healthy for group in self.groups)

    def stood_between(self, first: int, last: int) -> set[str]:
        """The task definitions that it stood on at the one entry, or came to before the other."""
        before = [definition for n, definition in self.stood_on if n <= first]
        return {*before[-1:], *(definition for n, definition in self.stood_on if first < n < last)}

    def asked_for(self, key: str, since: int) -> list[Deployment]:
        """The deployments that someone caused after an entry, oldest first."""
        return [each for each in self.deployments.values() if each.by == key and each.began > since]

    @property
    def under_way(self) -> bool:
        """Whether ECS still rolls a deployment out, or back."""
        return any(not each.over for each in self.deployments.values())


class Story:
    """The services by ARN, at the moment of the last entry that was reported."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.number = 0
        self.registered: list[Mapping[str, Any]] = []
        self.deregistered: list[Mapping[str, Any]] = []
        self.errands: dict[str, Errand] = {}
        """By what they were started by."""

    def tell(self, entries: Iterable[Entry], upto: int | None = None) -> None:
        """Go on to the entry of a number, or to the last."""
        for entry in entries:
            if entry.n > self.number and (upto is None or entry.n <= upto):
                self._tell_one(entry)

    def moments(self, entries: Iterable[Entry], first: int, last: int) -> Iterator[int]:
        """Stand still at each moment from one entry to another, both included: the story is as it was then."""
        self.tell(entries, first)
        yield first
        for entry in entries:
            if first < entry.n <= last:
                self._tell_one(entry)
                yield entry.n

    def _tell_one(self, entry: Entry) -> None:
        self.number = entry.n
        reported = entry.details
        match entry.kind:
            case Kind.DEFINITION_REGISTERED:
                self.registered.append({**reported, "n": entry.n})
            case Kind.DEFINITION_DEREGISTERED:
                self.deregistered.append({**reported, "n": entry.n})
            case Kind.TARGET:
                self._target(reported)
            case Kind.SERVICE_CREATED:
                self.services[entry.service] = _created(entry)
            case _ if entry.service in self.services:
                _apply(self.services[entry.service], entry)
            case Kind.TASK_LAUNCHED:
                self._launched(entry)
            case Kind.TASK_STOPPED if reported["started_by"] in self.errands:
                errand = self.errands[reported["started_by"]]
                errand.codes, errand.stopped_by = reported["exit_codes"], str(reported["code"])
            case _:
                pass

    def _launched(self, entry: Entry) -> None:
        before = self.errands.get(entry.details["started_by"])
        if before:
            before.launched += 1
        else:
            self.errands[entry.details["started_by"]] = Errand(entry.n)

    def _target(self, reported: Mapping[str, Any]) -> None:
        target = (reported["group"], reported["ip"])
        for service in self.services.values():
            if reported["state"] == "healthy":
                service.healthy.add(target)
            else:
                service.healthy.discard(target)


def _created(entry: Entry) -> Service:
    sent = entry.details["sent"]
    groups = frozenset(balancer["targetGroupArn"] for balancer in sent.get("loadBalancers") or [])
    return Service(
        entry.service, groups, int(sent.get("desiredCount") or 0), sent["taskDefinition"], asked_by=_key(entry.details)
    )


def _key(reported: Mapping[str, Any]) -> str:
    return str(reported["by"]["access_key"])


def _apply(service: Service, entry: Entry) -> None:
    reported = entry.details
    match entry.kind:
        case Kind.SERVICE_UPDATED:
            service.asked_by = _key(reported)
            service.updates.append((entry.n, service.asked_by))
        case Kind.SERVICE_DELETED:
            service.exists = False
        case Kind.COUNT_CHANGED:
            service.count = reported["count"]
        case Kind.DEPLOYMENT_CREATED:
            _begin(service, entry)
        case Kind.DEPLOYMENT_PRIMARY:
            service.primary, service.definition = reported["deployment"], reported["task_definition"]
            service.stood_on.append((entry.n, service.definition))
        case Kind.SERVICE_DEPLOYMENT:
            _status(service, reported)
        case Kind.ROLLBACK_STARTED:
            service.deployments[reported["deployment"]].rolled_back_because = reported["reason"]
        case Kind.TASK_LAUNCHED:
            service.tasks[reported["task"]] = Task(reported["started_by"])
        case Kind.TASK_RUNNING:
            service.tasks[reported["task"]] = Task(reported["started_by"], reported["ip"], reported["digests"])
        case Kind.TASK_STOPPING | Kind.TASK_STOPPED:
            service.tasks.pop(reported["task"], None)


def _begin(service: Service, entry: Entry) -> None:
    reported = entry.details
    made = Deployment(reported["deployment"], reported["task_definition"], service.asked_by, entry.n)
    service.deployments[made.id] = made


def _status(service: Service, reported: Mapping[str, Any]) -> None:
    deployment = service.deployments.get(reported["deployment"])
    if deployment is None:
        return
    deployment.status, deployment.replaced = reported["status"], reported["reason"] == SUPERSEDED
    if reported["status"] == "SUCCESSFUL":
        deployment.count_when_complete = service.count
        service.successes.append(deployment.definition)
