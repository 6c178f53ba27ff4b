"""Events of a release as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from appdeploy.model.events.base import Event
from appdeploy.model.events.fields import NotJson, PlannedService, PlannedTaskCount, Result, Seconds, json_field
from appdeploy.model.outcome import ExitCode, Outcome, worst
from appdeploy.model.plan import ReleasePlan
from appdeploy.model.release_id import kind_of
from appdeploy.model.words import change, count_change, duration, heading, resume_command, show_command


@dataclass(frozen=True)
class Planned(Event):
    """The plan is made; nothing has been changed yet. Sent again after a wait for the lock."""

    event = "planned"
    plan: NotJson[ReleasePlan]

    @json_field
    def environment(self) -> str:
        """The environment that is released to."""
        return self.plan.environment

    @json_field
    def kind(self) -> str:
        """`upgrade`, `sync`, `restart`, `rollback`, `config` or `scale`."""
        return kind_of(self.plan.release_id)

    @json_field
    def purpose(self) -> str:
        """What the release is for."""
        return self.plan.purpose

    @json_field
    def who(self) -> str | None:
        """The ARN of the AWS identity; null when AWS was not asked."""
        return self.plan.caller

    @json_field
    def reason(self) -> str | None:
        """Why a person wants it, in that person's words."""
        return self.plan.reason

    @json_field
    def change_ticket(self) -> str | None:
        """The change request that it belongs to."""
        return self.plan.change_ticket

    @json_field
    def incident(self) -> str | None:
        """Why it ignores a closed window, the promotion rule and alarms already in ALARM; null when it does not."""
        return self.plan.incident

    @json_field
    def services(self) -> tuple[PlannedService, ...]:
        """What the release does to each service."""
        return tuple(map(PlannedService.of, self.plan.services))

    @json_field
    def count(self) -> PlannedTaskCount | None:
        """For `scale`, which has no `services`: the change of a service's count; else null."""
        return PlannedTaskCount.of(self.plan.count) if self.plan.count else None

    def lines(self) -> Iterator[str]:
        yield heading(self.plan)
        for service in self.plan.changed:
            yield f"{service.contract.name}: {change(service)}"
            yield from (f"{service.contract.name}: {remark}" for remark in service.remarks)
        if self.plan.count:
            yield f"{self.plan.count.contract.name}: {count_change(self.plan.count.change)}"


@dataclass(frozen=True)
class CallerResolved(Event):
    """Who runs a rollback: it asks AWS only once its update has been sent."""

    event = "caller-resolved"
    who: str
    """The ARN of the AWS identity."""

    def lines(self) -> Iterator[str]:
        yield f"by {self.who}"


@dataclass(frozen=True)
class WaitingForLock(Event):
    """The command waits for the environment's lock. Nothing has been changed."""

    event = "waiting-for-lock"
    holder: str
    """Who holds the lock or froze the environment, in words."""

    def lines(self) -> Iterator[str]:
        yield f"waiting for the lock: {self.holder}"


@dataclass(frozen=True)
class LockTakenOver(Event):
    """A rollback took the environment's lock; a release that held it sends nothing more."""

    event = "lock-taken-over"
    previous: str
    """Who held the lock or froze the environment before, in words."""

    def lines(self) -> Iterator[str]:
        yield f"taking the lock over, which was {self.previous}"


@dataclass(frozen=True)
class ContinuedWithoutLock(Event):
    """A rollback continues without the environment's lock."""

    event = "continued-without-lock"
    reason: str

    def lines(self) -> Iterator[str]:
        yield f"continuing without the lock: {self.reason}"


@dataclass(frozen=True)
class NotRecorded(Event):
    """A rollback ends without an entry in the ledger, because the table never answered."""

    event = "not-recorded"

    def lines(self) -> Iterator[str]:
        yield "not recorded, the ledger's table never answered: the next command that can write to it adds what ECS reports"


@dataclass(frozen=True)
class AwsUnreachable(Event):
    """AWS does not answer; the release goes on in ECS, and the command keeps trying."""

    event = "aws-unreachable"
    reason: str
    limit_seconds: float
    """How long the command keeps trying."""

    def lines(self) -> Iterator[str]:
        yield f"{self.reason}; the release goes on there, trying again for {duration(self.limit_seconds)}"


@dataclass(frozen=True)
class AwsReachable(Event):
    """AWS answers again."""

    event = "aws-reachable"

    def lines(self) -> Iterator[str]:
        yield "AWS answers again"


@dataclass(frozen=True)
class NotificationFailed(Event):
    """A notification about the release could not be sent: its subscribers do not know of the release."""

    event = "notification-failed"
    reason: str

    def lines(self) -> Iterator[str]:
        yield f"notification failed: EventBridge did not take it: {self.reason}"


@dataclass(frozen=True)
class Ended(Event):
    """All services' outcomes are decided: the last line of a release that was followed to its end."""

    event = "ended"
    plan: NotJson[ReleasePlan]
    results: tuple[Result, ...]
    seconds: Seconds
    """From the first write to the last outcome."""

    @json_field
    def environment(self) -> str:
        """The environment that was released to."""
        return self.plan.environment

    @json_field
    def outcome(self) -> Outcome:
        """The worst of the services'."""
        return worst(result.outcome for result in self.results)

    @json_field
    def exit_code(self) -> ExitCode:
        """The exit status of the command."""
        return self.outcome.exit_code

    def lines(self) -> Iterator[str]:
        took = f" after {duration(self.seconds)}" if self.seconds else ""
        yield f"{self.plan.release_id}: {self.outcome.value}{took}"
        if self.outcome is Outcome.TIMED_OUT:
            yield f"{resume_command(self.plan.environment, self.plan.release_id)} watches it to its end"
        if not self.outcome.ok:
            yield f"`{show_command(self.plan.environment, self.plan.release_id)}` shows what was done, and why it failed"
            yield f"`appdeploy status -e {self.plan.environment}` shows what runs now"
