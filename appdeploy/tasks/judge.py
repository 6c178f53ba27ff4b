"""What the end of a one-off task means. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from appdeploy.model.ecs_state import Task
from appdeploy.tasks.start import OneOffTask
from appdeploy.watch.failures import classify

_BY_ITSELF = "EssentialContainerExited"


@dataclass(frozen=True)
class TaskEnd:
    """How a one-off task ended."""

    name: str
    """The service for which it ran."""
    exit_code: int | None
    """None when it did not end by itself."""
    problem: str | None
    """What went wrong, in words that follow the task's name; None when it ended with code 0."""
    lines: tuple[str, ...] = ()
    """What it wrote into its log."""
    known: bool = True
    """False when AWS does not say how it ended: `problem` says why, and the task may still run."""


def own_exit_code(task: Task, container: str) -> int | None:
    """The code with which it ended by itself. A task that was stopped has one too, which says nothing."""
    codes = {item.name: item.exit_code for item in task.containers}
    return codes.get(container) if task.stop_code == _BY_ITSELF else None


def why_it_failed(task: Task, asked: OneOffTask, *, too_long: bool) -> str | None:
    """What went wrong with a task that has stopped; None when it ended well."""
    if own_exit_code(task, asked.container) == 0:
        return None
    if too_long:
        return f"{ran_too_long(asked)} and was stopped"
    failure = classify(task, asked.container)
    if failure is None:
        return f"was stopped: {' '.join(task.stopped_reason.split()) or 'ECS gives no reason'}"
    return f"{failure.what.replace('their', 'its')}{f': {failure.detail}' if failure.detail else ''}"


def ran_too_long(asked: OneOffTask) -> str:
    """In words that follow the task's name."""
    return f"ran longer than {asked.timeout_seconds} s"
