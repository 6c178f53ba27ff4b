"""Errors are marked as the tool's own; a GitHub job gets annotations."""

from __future__ import annotations

import pytest

from appdeploy.render.errors import marked

LINES = ("agent: rolled-back: 2 tasks exited with code 1; last log lines:", "  | 100 % full")


def test_the_first_line_names_the_tool_and_the_log_follows():
    assert list(marked(LINES)) == [f"appdeploy: {LINES[0]}", LINES[1]]


def test_in_a_github_job_it_is_an_annotation(monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert list(marked(["over 7 %", LINES[1]])) == ["::error::appdeploy: over 7 %25", LINES[1]]


@pytest.mark.parametrize("arguments", [("deploy", "-e", "staging"), ("deploy", "-e", "staging", "--version", "v9")])
def test_every_error_of_a_command_is_one(aws, command, capsys, monkeypatch, arguments):
    aws.environment(aws.released())
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert command(*arguments) in (2, 10)
    assert all(line.startswith("::error::appdeploy: ") for line in capsys.readouterr().err.splitlines())
