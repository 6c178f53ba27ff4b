"""Follows one-off tasks to their ends, in parallel, with their logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.writes import UNREACHABLE_SECONDS, EcsWriter, WriteRefused
from appdeploy.logs.tail import LogTail
from appdeploy.model.ecs_state import Task
from appdeploy.model.errors import OutOfReach
from appdeploy.tasks.judge import TaskEnd, own_exit_code, ran_too_long, why_it_failed
from appdeploy.tasks.start import OneOffTask, start_task

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.clock import Clock

STOPPING_SECONDS = 150.0
"""How long a stopped task may take: stopTimeout is 120 s at most on Fargate (API reference, ContainerDefinition)."""

LATE_LINES_SECONDS = 5.0
"""How long nothing may come into the log of a stopped task before it is taken as complete. The awslogs driver sends what it has
each five seconds (awslogs-force-flush-interval-seconds, docs.docker.com/engine/logging/drivers/awslogs); of how long CloudWatch
Logs then takes until GetLogEvents shows it, no figure is published."""
LATE_LINES_AT_MOST = 30.0
"""A log in which lines come without end: a sidecar's, or one that is replayed."""

_STOPPED = "STOPPED"
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_GROWTH = 1.25


@dataclass
class RunningTask:
    """One task under way."""

    asked: OneOffTask
    arn: str
    since: float
    tail: LogTail
    lines: list[str] = field(default_factory=list)
    stopped_at: float | None = None
    """When ECS was asked to stop it."""
    seen: float = 0.0
    """When ECS last knew it."""
    end: Task | None = None
    """As ECS showed it when it had stopped; its last lines may come later."""
    end_seen: float = 0.0
    last_line: float = 0.0
    """When the last line was read."""


class TaskRunner:
    """The one-off tasks of one operation."""

    def __init__(
        self,
        clients: Clients,
        writer: EcsWriter,
        clock: Clock,
        on_line: Callable[[str, str], None],
        on_end: Callable[[str, str, int | None], None],
    ) -> None:
        """`on_line` takes name and line of a log; `on_end` takes name, ARN and exit code of a task that has stopped."""
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._on_line = on_line
        self._on_end = on_end
        self._silent_since: float | None = None

    def start(self, asked: OneOffTask) -> RunningTask:
        """Start a task. Raises what `start_task` does."""
        return self.found(asked, start_task(asked, self._clients, self._writer))

    def found(self, asked: OneOffTask, arn: str) -> RunningTask:
        """The same for a task that was started already."""
        tail, now = LogTail(self._clients.once.logs, asked.definition, asked.container, arn), self._clock.now()
        return RunningTask(asked, arn, now, tail, seen=now)

    def follow(self, running: Sequence[RunningTask]) -> list[TaskEnd]:
        """Follow tasks of one cluster to their ends. One that runs for too long is stopped."""
        ends: list[TaskEnd] = []
        left, pause = list(running), _SHORTEST_PAUSE
        while left:
            self._clock.sleep(pause)
            try:
                tasks = self._read([task for task in left if task.end is None])
            except AwsError as error:
                if self._is_silent(error):
                    problem = f"cannot be watched: {explain(error)}"
                    return [*ends, *(self._ended(task) or _unknown(task, problem) for task in left)]
                continue
            self._silent_since = None
            busy = [task for task in left if self._listen(task) or task.end]
            pause = _SHORTEST_PAUSE if busy else min(pause * _GROWTH, _LONGEST_PAUSE)
            looked = [(task, self._look(task, tasks.get(task.arn))) for task in left]
            ends += (end for _, end in looked if end is not None)
            left = [task for task, end in looked if end is None]
        return ends

    def _read(self, running: Sequence[RunningTask]) -> dict[str, Task]:
        arns = [task.arn for task in running]
        if not arns:
            return {}
        reply = self._clients.once.ecs.describe_tasks(cluster=running[0].asked.cluster, tasks=arns)
        return {task.arn: task for task in map(Task.from_reply, reply["tasks"])}

    def _is_silent(self, error: BaseException) -> bool:
        """Whether AWS has been out of reach for too long, or says that it never will answer."""
        self._silent_since = self._silent_since or self._clock.now()
        return not is_transient(error) or self._clock.now() - self._silent_since >= UNREACHABLE_SECONDS

    def _listen(self, running: RunningTask) -> bool:
        lines = running.tail.more()
        running.lines += lines
        if lines:
            running.last_line = self._clock.now()
        for line in lines:
            self._on_line(running.asked.name, line)
        return bool(lines)

    def _look(self, running: RunningTask, task: Task | None) -> TaskEnd | None:
        """None while it runs, and while its log is not complete."""
        now, asked = self._clock.now(), running.asked
        if running.end is not None:
            return self._ended(running) if _log_is_complete(running, now) else None
        if task is None:  # ECS's reads lag behind its writes; and an hour after its end it forgets a task.
            gone = now - running.seen > UNREACHABLE_SECONDS
            return _failed(running, "is not known to ECS any more: look at its log, then release again") if gone else None
        running.seen = now
        if task.status == _STOPPED:
            running.end, running.end_seen = task, now
            return None if running.tail.exists else self._ended(running)
        if running.stopped_at is not None and now - running.stopped_at > STOPPING_SECONDS:
            return _failed(running, f"{ran_too_long(asked)}, and does not stop")
        if running.stopped_at is None and now - running.since > asked.timeout_seconds:
            self._stop(running)
        return None

    def _ended(self, running: RunningTask) -> TaskEnd | None:
        """None for one that has not stopped."""
        task, asked = running.end, running.asked
        if task is None:
            return None
        code = own_exit_code(task, asked.container)
        self._on_end(asked.name, running.arn, code)
        problem = why_it_failed(task, asked, too_long=running.stopped_at is not None)
        return TaskEnd(asked.name, code, problem, tuple(running.lines))

    def _stop(self, running: RunningTask) -> None:
        asked = running.asked
        try:
            self._writer.stop_task(asked.cluster, running.arn, f"{asked.release_id}: it took too long")
        except (OutOfReach, *AwsError):
            return  # The next look tries again.
        except WriteRefused:
            pass  # It has ended meanwhile, or cannot be stopped: the next looks show which.
        running.stopped_at = self._clock.now()


def _log_is_complete(running: RunningTask, now: float) -> bool:
    quiet = now - max(running.end_seen, running.last_line)
    return quiet >= LATE_LINES_SECONDS or now - running.end_seen >= LATE_LINES_AT_MOST


def _unknown(running: RunningTask, problem: str) -> TaskEnd:
    return TaskEnd(running.asked.name, None, problem, known=False)


def _failed(running: RunningTask, problem: str) -> TaskEnd:
    return TaskEnd(running.asked.name, None, problem, tuple(running.lines))
