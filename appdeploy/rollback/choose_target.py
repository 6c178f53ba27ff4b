"""Chooses the rollback target from a history of successful deployments. Pure."""

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
    """A service's deployments from ECS's records."""

    completed: tuple[CompletedDeployment, ...]
    """Newest first."""
    rolling_back: bool
    """Whether ECS is rolling the newest deployment back now."""

    def holds(self, task_definition: str) -> bool:
        """Whether the task definition was deployed successfully in it."""
        return any(item.task_definition == task_definition for item in self.completed)


def candidates(history: DeploymentHistory, primary: str) -> tuple[str, ...]:
    """The task definitions in the history that a rollback may return to, the first choice first.

    `primary` is the task definition of the PRIMARY deployment. If it never succeeded, or ECS is rolling back, they begin with
    the last success. Otherwise with the last success before the *first* one of `primary`, so that rolling back twice goes
    further back and never forward.
    """
    succeeded = [item.task_definition for item in history.completed]
    if primary not in succeeded or history.rolling_back:
        return tuple(dict.fromkeys(succeeded))
    first = len(succeeded) - 1 - succeeded[::-1].index(primary)
    return tuple(dict.fromkeys(succeeded[first + 1 :]))


def choose_target(history: DeploymentHistory, primary: str) -> str | None:
    """The first of the candidates; None if there is none."""
    return next(iter(candidates(history, primary)), None)


def list_targets(completed: Sequence[CompletedDeployment]) -> tuple[CompletedDeployment, ...]:
    """Each task definition once, with its newest success."""
    newest: dict[str, CompletedDeployment] = {}
    for item in completed:
        newest.setdefault(item.task_definition, item)
    return tuple(newest.values())
