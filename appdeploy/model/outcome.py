"""How a release of one service can end, and what the command's exit status makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum


class ExitCode(IntEnum):
    """Exit statuses of the command. Scripts and CI depend on them: a number is never given another meaning."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 10
    LOCKED = 11
    ROLLED_BACK_BY_ECS = 20
    ROLLED_BACK = 21
    FAILED = 22
    SUPERSEDED = 23
    TIMED_OUT = 24
    SKIPPED = 25
    INTERRUPTED = 130


class Outcome(Enum):
    """The end of one service's release. The order of the members is severity, worst first."""

    FAILED = "failed"
    """It failed, and the previous version is not confirmed back: a person has to look."""
    TIMED_OUT = "timed-out"
    """Still in progress, or AWS out of reach, when the time was up. Nothing was stopped."""
    SUPERSEDED = "superseded"
    """Another deployment replaced ours."""
    ROLLED_BACK = "rolled-back"
    """It was stopped on request, as a rule ours, and ECS confirmed that the previous version is back."""
    ROLLED_BACK_BY_ECS = "rolled-back-by-ecs"
    """ECS's circuit breaker or a deployment alarm rolled it back."""
    REFUSED = "refused"
    """AWS turned the change down; the service was not touched."""
    SKIPPED = "skipped"
    """What had to come before it did not go well; the service was not touched."""
    UNCHANGED = "unchanged"
    """The service already runs that image; nothing was sent."""
    LIVE = "live"
    """All new tasks run and are healthy in the target group that serves."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit status of a command whose worst service ended so."""
        if self in (Outcome.LIVE, Outcome.UNCHANGED):
            return ExitCode.OK
        return ExitCode[self.name]

    @property
    def ok(self) -> bool:
        """Whether the wanted version runs."""
        return self.exit_code is ExitCode.OK


@dataclass(frozen=True)
class ServiceResult:
    """What became of one service, as values: every output is made from this."""

    service: str
    outcome: Outcome
    serving: str
    """What serves customers now, in words."""
    cause: str | None = None
    """Why it did not go as wanted, one line."""
    log_lines: tuple[str, ...] = ()
    """The last lines that a failed container wrote, oldest first."""
    seconds: float = 0.0
    """From the first write to the decision."""
    final: bool = True
    """Whether ECS will not change it any more: what is live may still be rolled back, and what timed out goes on."""


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that decides the exit status when several services were released. Of none: `UNCHANGED`."""
    severity = list(Outcome)
    return min(outcomes, key=severity.index, default=Outcome.UNCHANGED)
