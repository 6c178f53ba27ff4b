"""How a release of one service can end, and the exit status for it."""

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

    # LIVE before UNCHANGED: a release that replaced one service and found another unchanged is live.

    FAILED = "failed"
    """It failed, and it is not confirmed that the previous version serves again: a person must check."""
    TIMED_OUT = "timed-out"
    """Still in progress, or AWS unreachable, when the timeout ended. Nothing was stopped."""
    SUPERSEDED = "superseded"
    """Another deployment replaced ours."""
    ROLLED_BACK = "rolled-back"
    """It was stopped on request, usually ours, and ECS confirmed that the previous version serves again."""
    ROLLED_BACK_BY_ECS = "rolled-back-by-ecs"
    """ECS's circuit breaker or a deployment alarm rolled it back."""
    REFUSED = "refused"
    """AWS rejected the change; the service was not changed."""
    SKIPPED = "skipped"
    """A service or task that had to come before it failed; the service was not changed."""
    LIVE = "live"
    """All new tasks run and are healthy in the target group that serves."""
    UNCHANGED = "unchanged"
    """The service already runs that image; nothing was sent."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit status of a command whose worst outcome is this one."""
        if self in (Outcome.LIVE, Outcome.UNCHANGED):
            return ExitCode.OK
        return ExitCode[self.name]

    @property
    def ok(self) -> bool:
        """Whether the target version runs."""
        return self.exit_code is ExitCode.OK


@dataclass(frozen=True)
class ServiceResult:
    """The result of one service, as values: every output is made from it."""

    service: str
    outcome: Outcome
    serving: str
    """What serves customers now, in words."""
    cause: str | None = None
    """Why it did not succeed, in one line."""
    log_lines: tuple[str, ...] = ()
    """The last lines that a failed container wrote, oldest first."""
    seconds: float = 0.0
    """From the first write to the outcome."""
    final: bool = True
    """Whether ECS will not change it again: a live service may still be rolled back, and a timed-out rollout continues."""


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that decides the exit status for several services. For none: `UNCHANGED`."""
    severity = list(Outcome)
    return min(outcomes, key=severity.index, default=Outcome.UNCHANGED)
