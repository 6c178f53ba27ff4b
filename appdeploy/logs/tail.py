"""The last lines that a container wrote, from CloudWatch Logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from appdeploy.aws.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from appdeploy.model.task_definition import TaskDefinition

_LINES = 10
_WIDTH = 300
_PAGES = 5
"""So many pages are read for one look. "Partially full or empty pages don't necessarily mean that pagination is finished", as
long as the token changes (API reference, GetLogEvents); at the end of a log that is written it may change without end
(github.com/boto/boto3/issues/4472)."""

# A container's output is untrusted text: escape sequences would control the reader's terminal.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def last_lines(logs: CloudWatchLogsClient, definition: TaskDefinition, container: str, task_arn: str) -> tuple[str, ...]:
    """At most ten lines, oldest first, of one task's container.

    Empty when the container does not log to CloudWatch, wrote nothing, or its log cannot be read: a missing log must
    not hide the outcome.
    """
    if container not in definition.containers:
        return ()
    target = definition.log_target_of(container)
    if target is None:
        return ()
    where = {"logGroupName": target.group, "logStreamName": target.stream(container, task_arn)}
    events = _read(logs, {**where, "limit": _LINES, "startFromHead": False}, "nextBackwardToken", until_some=True)
    return tuple(printable(event["message"]) for event in events)


class LogTail:
    """Follows the log of one task's container. A failed read returns no lines."""

    def __init__(self, logs: CloudWatchLogsClient, definition: TaskDefinition, container: str, task_arn: str) -> None:
        target = definition.log_target_of(container) if container in definition.containers else None
        self._logs = logs
        self._request: dict[str, Any] | None = None
        if target is not None:
            stream = target.stream(container, task_arn)
            self._request = {"logGroupName": target.group, "logStreamName": stream, "startFromHead": True}

    @property
    def exists(self) -> bool:
        """Whether the container logs to CloudWatch at all."""
        return self._request is not None

    def more(self) -> tuple[str, ...]:
        """The lines written since the last call, oldest first: at most five pages of ten thousand."""
        if self._request is None:
            return ()
        return tuple(printable(event["message"]) for event in _read(self._logs, self._request, "nextForwardToken"))


def _read(logs: CloudWatchLogsClient, request: dict[str, Any], token: str, *, until_some: bool = False) -> list[Any]:
    """The events of the pages from `request` on, whose `nextToken` is moved to where they end. A failed read ends them."""
    events: list[Any] = []
    for _ in range(_PAGES):
        try:
            reply: Any = logs.get_log_events(**request)
        except AwsError:
            break
        events += reply["events"]
        at_the_end = reply[token] == request.get("nextToken")
        request["nextToken"] = reply[token]
        if at_the_end or (until_some and events):
            break
    return events


def printable(line: str) -> str:
    """A log line that is safe and short enough to print."""
    return _ESCAPES.sub("", line.rstrip().replace("\t", " "))[:_WIDTH]
