"""The log lines of a container: read to where the log ends now, and as they may be printed."""

from __future__ import annotations

from typing import Any

import pytest

from appdeploy.logs.tail import LogTail, last_lines, printable
from appdeploy.model.task_definition import TaskDefinition

LOG = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/agent", "awslogs-stream-prefix": "agent"}}


@pytest.mark.parametrize(
    ("line", "text"),
    [("plain\n", "plain"), ("\x1b[31mred\x1b[0m", "red"), ("bell\x07\x1b]0;title", "bell]0;title"), ("x" * 400, "x" * 300)],
)
def test_log_lines_cannot_act_on_the_terminal(line, text):
    assert printable(line) == text


class PagedLogs:
    """GetLogEvents over pages, of which some are empty. Past the last one it answers with its own token."""

    def __init__(self, *pages: list[str], endless: bool = False) -> None:
        self.pages, self.calls = list(pages), 0
        self._endless = endless

    def get_log_events(self, *, nextToken: str = "0", **request: Any) -> dict[str, Any]:
        self.calls += 1
        number = int(nextToken)
        page = self.pages[number] if number < len(self.pages) else []
        further = number < len(self.pages) or self._endless
        token = str(number + 1) if further else nextToken
        return {"events": [{"message": line} for line in page], "nextForwardToken": token, "nextBackwardToken": token}


@pytest.fixture
def definition() -> TaskDefinition:
    fields = {"containerDefinitions": [{"name": "agent", "image": "x", "logConfiguration": LOG}]}
    return TaskDefinition("arn:task-definition/agent:1", fields, {})


def test_a_page_without_lines_is_not_the_end_of_the_log(definition):
    logs = PagedLogs(["one"], [], [], ["two"])
    tail = LogTail(logs, definition, "agent", "arn:task/1")
    assert tail.more() == ("one", "two")
    logs.pages.append(["three"])
    assert (tail.more(), tail.more()) == (("three",), ())


def test_the_last_lines_are_looked_for_behind_pages_without_any(definition):
    assert last_lines(PagedLogs([], [], ["last"], ["older"]), definition, "agent", "arn:task/1") == ("last",)


def test_tokens_that_change_without_end_do_not_keep_a_look_from_ending(definition):
    logs = PagedLogs(["one"], endless=True)
    assert LogTail(logs, definition, "agent", "arn:task/1").more() == ("one",)
    assert logs.calls <= 10
