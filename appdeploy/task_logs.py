"""The last lines that a container wrote, from CloudWatch Logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from appdeploy.aws_errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from appdeploy.task_definition import TaskDefinition

_LINES = 10
_WIDTH = 300

# A container's output is foreign text: escape sequences would act on the terminal of whoever reads it.
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def last_lines(logs: CloudWatchLogsClient, definition: TaskDefinition, container: str, task_arn: str) -> tuple[str, ...]:
    """At most ten lines, oldest first, of one task's container.

    Empty when the container does not log to CloudWatch, wrote nothing, or its log cannot be read: a missing log must
    not hide the outcome that it would explain.
    """
    if container not in definition.containers:
        return ()
    target = definition.log_target_of(container)
    if target is None:
        return ()
    try:
        reply = logs.get_log_events(
            logGroupName=target.group,
            logStreamName=target.stream(container, task_arn),
            limit=_LINES,
            startFromHead=False,
        )
    except AwsError:
        return ()
    return tuple(printable(event["message"]) for event in reply["events"])


def printable(line: str) -> str:
    """A log line that is safe and short enough to print."""
    return _ESCAPES.sub("", line.rstrip().replace("\t", " "))[:_WIDTH]
