"""How an operation is carried out, for any caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Until = Literal["live", "complete"]
OnInterrupt = Literal["leave", "rollback"]


@dataclass(frozen=True)
class ReleaseOptions:
    """How a release waits for the lock, is watched, and is recorded."""

    until: Until | None
    """None: live at a terminal, else complete."""
    timeout: int
    """Seconds to watch."""
    patient: bool
    """Whether a failing release is left to ECS's circuit breaker and alarms."""
    lock_wait: int | None = None
    """Seconds to wait for the environment's lock; None for a rollback, which takes it over."""
    on_interrupt: OnInterrupt = "leave"
    resumes: bool = False
    """Whether it resumes an interrupted release, which may be a rollback."""
    without_ledger: bool = False
    """Not to try the releases table: for a rollback alone."""
    reason: str | None = None
    change_ticket: str | None = None
