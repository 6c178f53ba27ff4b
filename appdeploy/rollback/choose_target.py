"""Where a history of successful deployments says that the way back leads. Nothing is read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CompletedDeployment:
    """A deployment that succeeded."""

    task_definition: str
    created: datetime


@dataclass(frozen=True)
class DeploymentHistory:
    """A service's deployments as ECS remembers them."""

    completed: tuple[CompletedDeployment, ...]
    """Newest first."""
    rolling_back: bool
    """Whether ECS is about to take the newest deployment back right now."""

    def holds(self, task_definition: str) -> bool:
        """Whether the task definition succeeded in it."""
        return any(item.task_definition == task_definition for item in self.completed)


def choose_target(history: DeploymentHistory, primary: str) -> str | None:
    """The task definition that a rollback returns to, of those in the history; None when there is none.

    `primary` is what ECS works towards now. As long as that has never succeeded, or ECS takes a deployment back itself,
    the way back is the last success. Else it is the newest success older than the *first* one of `primary`, so that
    rolling back twice goes further back and never forward again.
    """
    succeeded = [item.task_definition for item in history.completed]
    if primary not in succeeded or history.rolling_back:
        return succeeded[0] if succeeded else None
    first = len(succeeded) - 1 - succeeded[::-1].index(primary)
    return next(iter(succeeded[first + 1 :]), None)


def list_targets(completed: Sequence[CompletedDeployment]) -> tuple[CompletedDeployment, ...]:
    """Each task definition once, at its newest success."""
    newest: dict[str, CompletedDeployment] = {}
    for item in completed:
        newest.setdefault(item.task_definition, item)
    return tuple(newest.values())
