"""Runs the one-off task that a service's contract wants before each rollout, such as a database migration.

The task is the service's new revision with another command, in the service's own network. As long as one of a group has not
ended with code 0, no service of that group is updated (docs/migrations.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from appdeploy.aws.errors import AwsError, explain, is_transient
from appdeploy.aws.parallel import map_parallel
from appdeploy.aws.writes import UNREACHABLE_SECONDS, EcsWriter, WriteRefused
from appdeploy.logs.tail import LogTail
from appdeploy.model.ecs_state import Task
from appdeploy.model.errors import OutOfReach
from appdeploy.model.events import Emit, PreDeployEnded, PreDeployLog, PreDeployStarted
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.rollout import unchanged_serving
from appdeploy.release.pre_deploy_task import is_wanted, own_exit_code, ran_too_long, request_of, task_of, why_it_failed

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.ledger.writer import LedgerWriter
    from appdeploy.model.clock import Clock
    from appdeploy.model.plan import ReleasePlan, ServicePlan

TOKEN_LIVES = timedelta(minutes=50)
"""How long after the first request the same token surely starts nothing twice: ECS keeps it for the task's lifetime and an
hour (ECS_Idempotency.html), and ten minutes are for clocks that differ."""
STOPPING_SECONDS = 150.0
"""How long a stopped task may take: stopTimeout is 120 s at most on Fargate (API reference, ContainerDefinition)."""

_STOPPED = "STOPPED"
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 5.0
_GROWTH = 1.25
_LINES_KEPT = 10


@dataclass
class _RunningTask:
    """One task under way."""

    service: ServicePlan
    task: str
    since: float
    tail: LogTail
    lines: list[str] = field(default_factory=list)
    stopped_at: float | None = None
    """When we asked ECS to stop it."""
    seen: float = 0.0
    """When ECS last knew it."""


class PreDeployTasks:
    """The tasks before the rollouts of one release."""

    def __init__(
        self,
        plan: ReleasePlan,
        revisions: Mapping[str, str],
        clients: Clients,
        writer: EcsWriter,
        clock: Clock,
        book: LedgerWriter,
        emit: Emit,
    ) -> None:
        self._plan = plan
        self._revisions = revisions
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._book = book
        self._emit = emit
        self._begun = clock.now()
        self._silent_since: float | None = None

    def run(self, services: Sequence[ServicePlan]) -> list[ServiceResult]:
        """Run the tasks of these services side by side, each to its end. The results of those that failed.

        Raises LockLost and OutOfReach when nothing may be sent.
        """
        wanted = [service for service in services if is_wanted(service)]
        if not wanted:
            return []
        self._book.pre_deploy_starting(service.contract.name for service in wanted)
        begun = map_parallel(self._start, wanted)
        errands = [item for item in begun if isinstance(item, _RunningTask)]
        for errand in errands:
            self._book.pre_deploy_ran(errand.service.contract.name, errand.task, None, ended=False)
            command = " ".join(task_of(errand.service).command)
            self._emit(PreDeployStarted(errand.service.contract.name, errand.task, command))
        return [*(item for item in begun if isinstance(item, ServiceResult)), *self._wait(errands)]

    def _start(self, service: ServicePlan) -> _RunningTask | ServiceResult:
        """Start it, or find it again: one release never runs it twice."""
        before = service.resumed.pre_deploy if service.resumed else None
        if before and before.exit_code is not None:
            return self._failed(service, f"exited with code {before.exit_code}")
        if before and before.task is None and datetime.now(UTC) - before.started > TOKEN_LIVES:
            return self._failed(
                service, f"may have run since {before.started:%Y-%m-%d %H:%M}Z: look at its log, then release anew"
            )
        try:
            task = before.task if before and before.task else self._writer.run_task(self._request(service))
        except WriteRefused as error:
            return self._failed(service, f"could not be started: {error}")
        except OutOfReach as error:
            return self._unknown(service, f"whether the task before its rollout was started is not known: {error}")
        except AwsError as error:  # Of reading the service, before anything was sent.
            return self._unknown(service, f"the task before its rollout was not started: {explain(error)}")
        tail = LogTail(self._clients.once.logs, service.base, service.contract.container, task)
        now = self._clock.now()
        return _RunningTask(service, task, now, tail, seen=now)

    def _request(self, service: ServicePlan) -> Mapping[str, Any]:
        arn = service.contract.service
        reply = self._clients.ecs.describe_services(cluster=self._plan.cluster, services=[arn])
        return request_of(self._plan, service, self._revisions[service.contract.name], reply["services"][0])

    def _wait(self, errands: list[_RunningTask]) -> list[ServiceResult]:
        results: list[ServiceResult] = []
        left, pause = list(errands), _SHORTEST_PAUSE
        while left:
            self._clock.sleep(pause)
            try:
                tasks = self._read(left)
            except AwsError as error:
                if self._is_silent(error):
                    cause = f"the task before its rollout cannot be watched: {explain(error)}"
                    return [*results, *(self._unknown(errand.service, cause) for errand in left)]
                continue
            self._silent_since = None
            spoke = [errand for errand in left if self._listen(errand)]
            pause = _SHORTEST_PAUSE if spoke else min(pause * _GROWTH, _LONGEST_PAUSE)
            looked = [(errand, self._look(errand, tasks.get(errand.task))) for errand in left]
            results += (end for _, end in looked if isinstance(end, ServiceResult))
            left = [errand for errand, end in looked if end is None]
        return results

    def _read(self, errands: Sequence[_RunningTask]) -> dict[str, Task]:
        arns = [errand.task for errand in errands]
        reply = self._clients.once.ecs.describe_tasks(cluster=self._plan.cluster, tasks=arns)
        return {task.arn: task for task in map(Task.from_reply, reply["tasks"])}

    def _is_silent(self, error: BaseException) -> bool:
        """Whether AWS has been out of reach for too long, or says that it never will answer."""
        self._silent_since = self._silent_since or self._clock.now()
        return not is_transient(error) or self._clock.now() - self._silent_since >= UNREACHABLE_SECONDS

    def _listen(self, errand: _RunningTask) -> bool:
        lines = errand.tail.more()
        errand.lines += lines
        for line in lines:
            self._emit(PreDeployLog(errand.service.contract.name, line))
        return bool(lines)

    def _look(self, errand: _RunningTask, task: Task | None) -> ServiceResult | bool | None:
        """None while it runs, True when it ended well, else the result."""
        now, service, name = self._clock.now(), errand.service, errand.service.contract.name
        if task is None:  # ECS's reads lag behind its writes; and an hour after its end it forgets a task.
            gone = now - errand.seen > UNREACHABLE_SECONDS
            return self._failed(service, "is not known to ECS any more: look at its log, then release anew") if gone else None
        errand.seen = now
        if task.status == _STOPPED:
            self._listen(errand)
            code = own_exit_code(task, service)
            self._book.pre_deploy_ran(name, errand.task, code, ended=True)
            self._emit(PreDeployEnded(name, code))
            cause = why_it_failed(task, service, too_long=errand.stopped_at is not None)
            return True if cause is None else self._failed(service, cause, errand.lines)
        if errand.stopped_at is not None and now - errand.stopped_at > STOPPING_SECONDS:
            return self._failed(service, f"{ran_too_long(service)}, and does not stop", errand.lines)
        if errand.stopped_at is None and now - errand.since > task_of(service).timeout_seconds:
            self._stop(errand)
        return None

    def _stop(self, errand: _RunningTask) -> None:
        try:
            self._writer.stop_task(self._plan.cluster, errand.task, f"{self._plan.release_id}: it took too long")
        except (OutOfReach, *AwsError):
            return  # The next look tries again.
        except WriteRefused:
            pass  # It has ended meanwhile, or cannot be stopped: the next looks show which.
        errand.stopped_at = self._clock.now()

    def _failed(self, service: ServicePlan, what: str, lines: Sequence[str] = ()) -> ServiceResult:
        cause = f"the task before its rollout {what}"
        kept = tuple(lines[-_LINES_KEPT:])
        seconds = self._clock.now() - self._begun
        return ServiceResult(service.contract.name, Outcome.SKIPPED, unchanged_serving(service), cause, kept, seconds)

    def _unknown(self, service: ServicePlan, cause: str) -> ServiceResult:
        seconds = self._clock.now() - self._begun
        return ServiceResult(
            service.contract.name, Outcome.TIMED_OUT, unchanged_serving(service), cause, seconds=seconds, final=False
        )
