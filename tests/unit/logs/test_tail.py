"""The last log lines of a container, as they may be printed."""

from __future__ import annotations

import pytest

from appdeploy.logs.tail import printable


@pytest.mark.parametrize(
    ("line", "text"),
    [("plain\n", "plain"), ("\x1b[31mred\x1b[0m", "red"), ("bell\x07\x1b]0;title", "bell]0;title"), ("x" * 400, "x" * 300)],
)
def test_log_lines_cannot_act_on_the_terminal(line, text):
    assert printable(line) == text
