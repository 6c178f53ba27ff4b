"""What a release was asked for, what it did, and what it said: the values that are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.simulation.faults.journal_replay import Deployment, Service
from tests.simulation.verb import Verb


@dataclass(frozen=True)
class Wish:
    """What was asked of the tool."""

    verb: Verb
    services: tuple[str, ...]
    """ARNs."""
    digests: Mapping[str, str]
    """By ARN, what a deploy is to bring; one that is missing was never pushed."""
    until_complete: bool
    timeout: float
    key: str
    """The access key that the tool signs with."""
    atomic: bool = False
    """Whether all services are to go back when one fails."""
    orders: Mapping[str, int] = field(default_factory=dict)
    """By ARN, the group in whose turn it is updated; of one that is missing, the first."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Of the services that want a task before their rollout: the short name, by ARN."""

    def order(self, arn: str) -> int:
        """The group of a service."""
        return self.orders.get(arn, 0)


@dataclass(frozen=True)
class Call:
    """One call of the tool to AWS."""

    operation: str
    n: int
    """The newest journal entry when it was sent."""
    time: float
    answered: bool
    """False when no answer came, or one that says nothing: throttled, a server error, credentials expired."""
    refused: bool = False
    """Whether AWS answered that it will not do it."""


@dataclass(frozen=True)
class Said:
    """What the tool said of one service, and when."""

    service: str
    outcome: str
    looked: int
    """The newest entry when its last pause ended: what was so before is out of date. Where AWS's reads lag behind, earlier
    by as much."""
    at: int
    """The newest entry when it was said."""
    time: float
    started: bool
    """Whether it had reported before that ECS took the update."""


class End(Enum):
    """How the tool ended."""

    RESULTS = auto()
    """With an outcome for each service."""
    REFUSED = auto()
    LOCKED = auto()
    LOCK_LOST = auto()
    OUT_OF_REACH = auto()
    CRASHED = auto()


@dataclass(frozen=True)
class Reported:
    """All that the tool did and said in one release."""

    wish: Wish
    began: int
    began_time: float
    said: tuple[Said, ...]
    calls: tuple[Call, ...]
    end: End
    exit_code: int
    words: str
    """Of the error, if it ended with one."""
    ringing: bool
    """Whether a deployment alarm was in ALARM at some time."""
    ended: int = 0
    """The newest entry when it ended."""
    held: bool = False
    """Whether another command, alive or dead, held the lock when it began."""
    release: str = ""
    """The id of the release, as it was reported; empty when it was refused before there was a plan."""

    @property
    def last(self) -> Mapping[str, str]:
        """By ARN, what was said last."""
        return {said.service: said.outcome for said in self.said}

    def ours(self, service: Service) -> Deployment | None:
        """The deployment that this release began first."""
        return next(iter(self.begun(service)), None)

    def may_be_first(self, service: Service) -> set[bool]:
        """Whether it may have been planned as a first release, by all that stood there up to our deployment: someone may have
        deployed meanwhile, or the release may have waited for the lock and planned again."""
        ours = self.ours(service)
        stood = service.stood_between(self.began, ours.began) if ours else set[str]()
        return {on_template(definition) for definition in stood or {service.definition}}

    def mistakable(self, service: Service) -> Deployment | None:
        """Someone else's restart, where our own got no answer: nothing that ECS shows says whose it is, and the service is
        restarted as was asked for. UpdateService has no client token (API reference of ECS)."""
        asked = [call.n for call in self.calls if call.operation == "UpdateService" and not call.answered]
        if self.wish.verb is not Verb.RESTART or not asked or self.ours(service) is not None:
            return None
        later = (each for each in service.deployments.values() if asked[0] < each.began <= self.ended)
        return next((each for each in later if each.definition in service.stood_between(self.began, each.began)), None)

    def begun(self, service: Service) -> list[Deployment]:
        """All that this release began, oldest first, of all that the same tool has begun by now."""
        return [each for each in service.asked_for(self.wish.key, self.began) if each.began <= self.ended]

    def emptied(self, service: Service) -> bool:
        """Whether this release has sent the service back to its template."""
        return any(on_template(each.definition) for each in self.begun(service)[1:])

    def returned(self, service: Service) -> Deployment | None:
        """The deployment by which an atomic release took a service back that was live: to what it stood on before."""
        former = self.former(service) if self.wish.atomic else set[str]()
        return next((each for each in self.begun(service)[1:] if each.definition in former), None)

    def brought_new(self, service: Service) -> bool:
        """Whether this release began something that the service had not stood on: a restart does not."""
        ours = self.ours(service)
        return ours is not None and ours.definition not in self.former(service)

    def former(self, service: Service) -> set[str]:
        """What may have been read as its former task definition, up to our deployment; no template."""
        ours = self.ours(service)
        stood_on = service.stood_between(self.began, ours.began) if ours else set[str]()
        return {definition for definition in stood_on if not on_template(definition)}


def on_template(definition: str) -> bool:
    """Whether a task definition is of a template's family."""
    return definition.rsplit(":", 1)[0].endswith("-template")


def name_of(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1]
