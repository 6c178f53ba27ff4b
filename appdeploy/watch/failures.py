"""Why tasks stopped, by class, and when that is a reason to stop a release.

AWS gives the reason as text, listed in
docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html; codes are used where it gives one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from appdeploy.model.ecs_state import Container, Task

PERMANENT_FAILURES_TO_STOP = 2
"""Permanent failures that stop a release while no new task was ever healthy: a single one may be chance."""
_MIN_FAILURES = 3
_FAILED_FRACTION = 0.10

_CONTAINER_EXITED = "EssentialContainerExited"
_FAILED_TO_START = "TaskFailedToStart"
_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"

_CODES_OF_STOPPED = (0, 137, 143)
"""Exit codes of containers that ECS stops because another essential one ended: it sends SIGTERM, on which a container ends
with 0 or 143, and SIGKILL after its stop timeout, 137 (docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html).
A container that was killed for its memory has 137 too, but also a reason of its own."""

# After these the same image may succeed at the next attempt.
_TRANSIENT = re.compile(
    r"time.?out|deadline exceeded|canceled while waiting|connection re(set|fused)|temporary failure|no such host"
    r"|toomanyrequests|rate exceeded|throttl|internal server error|service unavailable|unexpected EOF",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Rule:
    """Maps a stop code and a matching reason to a kind of failure."""

    stop_code: str
    reason: re.Pattern[str]
    what: str


def _rule(stop_code: str, reason: str, what: str) -> _Rule:
    return _Rule(stop_code, re.compile(reason, re.IGNORECASE), what)


LOAD_BALANCER_CHECKS = "failed load balancer health checks"

_RULES = (
    _rule(_FAILED_TO_START, r"CannotPull(Container|Image)|pull image manifest", "could not pull their image"),
    _rule(_FAILED_TO_START, r"ResourceInitializationError", "could not be set up"),
    _rule(_FAILED_TO_START, r"Cannot(Start|Create)Container|exec format error|executable file", "could not be started"),
    _rule(_CONTAINER_EXITED, r"OutOfMemory", "ran out of memory"),
    _rule(_SCHEDULER_INITIATED, r"failed (ELB|load balancer) health checks", LOAD_BALANCER_CHECKS),
    _rule(_SCHEDULER_INITIATED, r"failed container health checks", "failed container health checks"),
)


@dataclass(frozen=True)
class Failure:
    """One task of our deployment that failed."""

    task: str
    what: str
    """What happened to the task, in words that follow "2 tasks"."""
    detail: str
    permanent: bool
    """Whether the same image would fail again."""
    container: str | None = None
    """The container that ended the task, if one did."""


def classify(task: Task, application: str) -> Failure | None:
    """The failure of a stopped task; None when it was stopped on purpose (scaling, a person, Spot).

    `application` is the release's container: if several containers ended by themselves, it is reported.
    """
    culprit = _failed_container(task, application)
    words = " ".join([task.stopped_reason, *(container.reason for container in task.containers if container.reason)])
    for rule in _RULES:
        if task.stop_code == rule.stop_code and rule.reason.search(words):
            transient = task.stop_code == _FAILED_TO_START and _TRANSIENT.search(words)
            return Failure(task.arn, rule.what, _detail(task, culprit), not transient, _name(culprit))
    if task.stop_code == _CONTAINER_EXITED:
        code = "an unknown code" if culprit is None or culprit.exit_code is None else f"code {culprit.exit_code}"
        container = _name(culprit) or application
        whose = "" if container == application else f"container {container}"
        return Failure(task.arn, f"exited with {code}", whose, True, container)
    if task.stop_code == _FAILED_TO_START:
        # Capacity, network interfaces and reasons that AWS adds later: only ECS's circuit breaker counts them.
        return Failure(task.arn, "could not be placed or started", _detail(task, None), False)
    return None


def should_stop(failures: Iterable[Failure], *, desired: int, healthy_seen: bool) -> bool:
    """Whether the release should be stopped.

    Two permanent failures suffice while no new task has been healthy. After that the image is known to work, and it takes
    a tenth of the desired tasks, at least three.
    """
    permanent = sum(failure.permanent for failure in failures)
    return permanent >= (
        max(_MIN_FAILURES, math.ceil(_FAILED_FRACTION * desired)) if healthy_seen else PERMANENT_FAILURES_TO_STOP
    )


def summary(failures: Iterable[Failure], health_code: str = "") -> str:
    """The most frequent failure in one line, permanent ones before transient ones. Empty when there is none.

    `health_code` is the load balancer's check result, which the tasks' reasons do not contain.
    """
    most_frequent = _most_frequent(failures)
    if not most_frequent:
        return ""
    example = most_frequent[0]
    if example.what == LOAD_BALANCER_CHECKS:
        return headline(most_frequent) + (f" ({health_code})" if health_code else "")
    return headline(most_frequent) + (f": {example.detail}" if example.detail else "")


def headline(failures: Iterable[Failure]) -> str:
    """As `summary`, without AWS's own text."""
    most_frequent = _most_frequent(failures)
    if not most_frequent:
        return ""
    if len(most_frequent) == 1:
        return f"1 task {most_frequent[0].what.replace('their', 'its')}"
    return f"{len(most_frequent)} tasks {most_frequent[0].what}"


def health_code_in(messages: Iterable[str]) -> str:
    """The load balancer's check result from the newest message that has one: `503`, `Request timed out`, or empty."""
    for message in messages:
        found = re.search(r"Health checks failed with these codes: \[([\d, ]+)\]|(Request timed out)", message)
        if found:
            return found[1] or found[2]
    return ""


def _failed_container(task: Task, application: str) -> Container | None:
    failed = [item for item in task.containers if item.exit_code is not None or item.reason]
    # The other containers end because one of them did, so the one that ended by itself comes first, then the application.
    failed.sort(key=lambda item: (not _ended_by_itself(item), item.name != application, not item.exit_code))
    return failed[0] if failed else None


def _ended_by_itself(container: Container) -> bool:
    return bool(container.reason) or container.exit_code not in _CODES_OF_STOPPED


def _name(container: Container | None) -> str | None:
    return container.name if container is not None and container.exit_code is not None else None


def _detail(task: Task, culprit: Container | None) -> str:
    words = (culprit.reason if culprit else "") or task.stopped_reason
    return " ".join(words.split())


def _most_frequent(failures: Iterable[Failure]) -> list[Failure]:
    groups: dict[tuple[bool, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.permanent, failure.what), []).append(failure)
    return max(groups.items(), key=lambda item: (item[0][0], len(item[1])), default=((False, ""), []))[1]
