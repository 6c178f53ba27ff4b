"""The table on a terminal."""

from __future__ import annotations

import io
import re
import sys

import pytest

from appdeploy.model import events
from appdeploy.render import is_terminal
from appdeploy.render.question import ask
from appdeploy.render.terminal import TerminalRenderer
from tests.support.event_examples import BAD, GOOD, release_plan


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def on_terminal(monkeypatch):
    """Puts a terminal in place of standard output. To be called by the test: pytest replaces it after fixtures are made."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")

    def put():
        monkeypatch.setattr(sys, "stdout", Screen())
        return sys.stdout

    return put


def test_a_terminal_shows_a_row_a_service_and_ends_with_the_outcome(on_terminal, clock):
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.Started("agent", "ecs-svc/1"))
        show(events.Progress("agent", events.Phase.CHECKING, 2, 2, 1, ""))
        show(events.Finished(GOOD))
        show(events.Ended(release_plan(), (GOOD,), 12.4))
    text = screen.getvalue()
    assert "2/2" in text
    assert "agent: live after 12 s; serving now: v2 serves (2 tasks)" in text


def test_a_terminal_shows_what_goes_wrong(on_terminal, clock, capsys):
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.Started("agent", "ecs-svc/1"))
        show(events.AwsUnreachable("AWS is out of reach", 45))
        show(events.AwsReachable())
        show(events.Stopping("agent", "2 tasks exited with code 1"))
        show(events.Finished(BAD))
        show(events.Ended(release_plan(), (BAD,), 61.0))
    assert "agent: 2 tasks exited with code 1" in screen.getvalue()
    assert capsys.readouterr().err == "appdeploy: agent: rolled-back: 2 tasks exited with code 1; last log lines:\n  | boom\n"


def test_a_wait_for_the_lock_names_its_holder_and_the_table_comes_with_the_first_change(on_terminal, clock):
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.WaitingForLock("held by upgrade-x of bob since noon: v3"))
        show(events.Planned(release_plan()))
    text = screen.getvalue()
    assert "waiting for the lock: held by upgrade-x of bob since noon: v3" in text
    assert "phase" not in text
    assert text.count("agent: v1 -> v2") == 1, "the same plan is not shown twice"


def test_what_a_rollback_resolves_and_reverts_stays_on_a_terminal(on_terminal, clock):
    resolved = release_plan().changed[0]
    late, ours = "arn:aws:ecs:r:1:task-definition/agent:7", "arn:aws:ecs:r:1:task-definition/agent:2"
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.PreviousVersionResolved(resolved))
        show(events.WatchingForLateWrites("agent", "upgrade-x", 22))
        show(events.LateWriteReverted("agent", "upgrade-x", late, ours, "ecs-svc/8"))
        show(events.Ended(release_plan(), (GOOD,), 12.4))
    text = screen.getvalue()
    assert "agent: v1 -> v2 (sha256:" in text
    assert "agent: live; for 22 s more a late write of upgrade-x may arrive, and is reverted" in text
    assert "agent: REVERTED a late write of upgrade-x, which set agent:7; agent:2 again, deployment ecs-svc/8" in text


def test_no_color_leaves_no_colour_on_a_terminal(on_terminal, clock, monkeypatch):
    screen = on_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.Finished(BAD))
    assert "\x1b[31m" not in screen.getvalue()
    assert "\x1b[1;31m" not in screen.getvalue()


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("CI", "true")])
def test_ci_and_dumb_terminals_get_plain_lines(on_terminal, monkeypatch, variable, value):
    on_terminal()
    assert is_terminal()
    monkeypatch.setenv(variable, value)
    assert not is_terminal()


@pytest.mark.parametrize("columns", ["80", "100"])
def test_a_terminal_cuts_no_word_and_no_command(on_terminal, clock, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    line = "held by upgrade-2026-1125-100000-bobbob of arn:aws:sts::123456789012:assumed-role/release/bob since noon:"
    command = "`appdeploy rollback -e staging -s orchestrator`"
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(release_plan()))
        show(events.WaitingForLock(f"{line} {command} ends it, and nothing else does"))
        show(events.Started("agent", "ecs-svc/1"))
        show(events.Stopping("agent", f"2 tasks exited with code 1 and then nothing more was seen of them: {command}"))
    text = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", screen.getvalue())
    assert text.count(command) >= 2
    assert all(word in text.split() for word in line.split())
    assert all(len(shown) <= int(columns) for shown in text.splitlines())


def test_a_question_is_broken_between_words(on_terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    screen = on_terminal()
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    assert ask([], "production-eu-central is protected. Type yes to go on:")
    assert screen.getvalue() == "production-eu-central is protected. Type\n  yes to go on: "
