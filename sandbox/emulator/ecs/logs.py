"""Log lines of containers that use the awslogs driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from moto.logs.models import logs_backends

from sandbox.emulator.ecs.model import Container, Task


def missing_group(task: Task) -> bool:
    """Whether a container of the task logs to a group that does not exist: ECS creates none, the task cannot start."""
    return any(
        options.get("awslogs-create-group") != "true" and options["awslogs-group"] not in _backend(task, options).groups
        for options in map(_options, task.containers)
        if options
    )


def write(task: Task, container: Container, lines: Sequence[str], when: datetime) -> None:
    """Append lines to the container's stream, `prefix/container/task-id`, if it logs to CloudWatch at all."""
    options = _options(container)
    if not options:
        return
    backend, group = _backend(task, options), options["awslogs-group"]
    if group not in backend.groups:
        backend.create_log_group(group, {})
    stream = f"{options.get('awslogs-stream-prefix', 'ecs')}/{container.name}/{task.id}"
    backend.ensure_log_stream(group, stream)
    stamp = int(when.timestamp() * 1000)
    backend.put_log_events(group, stream, [{"timestamp": stamp, "message": line} for line in lines])


def _options(container: Container) -> Mapping[str, str]:
    log = container.definition.get("logConfiguration") or {}
    options: Mapping[str, str] = log.get("options") or {}
    return options if log.get("logDriver") == "awslogs" and "awslogs-group" in options else {}


def _backend(task: Task, options: Mapping[str, str]) -> Any:
    return logs_backends[task.account][options.get("awslogs-region") or task.region]
