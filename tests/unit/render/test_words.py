"""What people read: the same events as plain lines, and as a table on a terminal."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from appdeploy.aws.current_state import FoundImage, LiveService
from appdeploy.logs.tail import printable
from appdeploy.model import events
from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.operation import Deploy
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.model.task_definition import TaskDefinition
from appdeploy.plan.planner import plan_release
from appdeploy.render import is_terminal
from appdeploy.render.plain import PlainRenderer
from appdeploy.render.terminal import TerminalRenderer
from appdeploy.render.words import duration, lines, problem
from tests.support.fake_aws import FakeAws
from tests.support.release_scenario import DIGESTS, FakeService, platform_contract


def plan(first=False):
    aws = FakeAws()
    service: FakeService = aws.unreleased() if first else aws.released()
    aws.environment(service)
    base = TaskDefinition.from_reply(aws.task_definitions[service.task_definition])
    state, image = ServiceState.from_reply(aws._service(service)), FoundImage(DIGESTS["v2"], "ACTIVE")
    live = LiveService(service.contract, state, None if first else base, base if first else None, image)
    return plan_release("upgrade-2025-1125-143000-abc123", platform_contract(), Deploy("v2"), [live])


GOOD = ServiceResult("agent", Outcome.LIVE, "v2 serves (2 tasks)", seconds=12.4)
BAD = ServiceResult("agent", Outcome.ROLLED_BACK, "v1 serves again", "2 tasks exited with code 1", ("boom",), 61.0)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            events.Planned(plan()),
            ["upgrade-2025-1125-143000-abc123: v2 to staging", "agent: v1 -> v2 (sha256:000000000000)"],
        ),
        (
            events.Planned(plan(first=True)),
            ["upgrade-2025-1125-143000-abc123: v2 to staging", "agent: first release: v2 (sha256:000000000000), 2 tasks"],
        ),
        (events.Registered("agent", "arn:aws:ecs:x:1:task-definition/agent:5"), ["agent: registered agent:5"]),
        (events.Started("agent", "ecs-svc/1"), ["agent: deployment ecs-svc/1 started"]),
        (events.Progress("agent", events.Phase.STARTING, 1, 2, None, ""), ["agent: starting new tasks: 1 of 2 new tasks run"]),
        (
            events.Progress("agent", events.Phase.CHECKING, 2, 2, 1, "1 task exited with code 1"),
            ["agent: waiting for health checks: 2 of 2 new tasks run, 1 healthy; 1 task exited with code 1"],
        ),
        (
            events.Progress("agent", events.Phase.ROLLING_BACK, 0, 0, None, "2 tasks exited"),
            ["agent: rolling back; 2 tasks exited"],
        ),
        (events.Stopping("agent", "it crashed"), ["agent: stopping the release: it crashed"]),
        (
            events.AwsUnreachable("AWS is unreachable (x)", 45),
            ["AWS is unreachable (x); the release goes on there, trying again for 45 s"],
        ),
        (events.AwsReachable(), ["AWS answers again"]),
        (events.Finished(GOOD), ["agent: live after 12 s; serving now: v2 serves (2 tasks)"]),
        (events.Ended(plan(), (GOOD, BAD), 61.0), ["upgrade-2025-1125-143000-abc123: rolled-back after 61 s"]),
    ],
)
def test_each_event_in_words(event, text):
    assert list(lines(event)) == text


def test_a_problem_is_its_cause_with_the_log_under_it():
    assert list(problem(BAD)) == ["agent: rolled-back: 2 tasks exited with code 1; last log lines:", "  | boom"]


def test_a_good_result_is_no_problem():
    assert list(problem(GOOD)) == []


def test_plain_lines_repeat_no_progress_that_reads_the_same(capsys):
    show = PlainRenderer()
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 2, None, ""))
    show(events.Progress("agent", events.Phase.ROLLING_BACK, 0, 0, None, ""))
    assert capsys.readouterr().out == "agent: rolling back\n"


@pytest.mark.parametrize(("seconds", "text"), [(4.21, "4.2 s"), (42.4, "42 s"), (99.4, "99 s"), (200, "3 min 20 s")])
def test_durations(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [("plain\n", "plain"), ("\x1b[31mred\x1b[0m", "red"), ("bell\x07\x1b]0;title", "bell]0;title"), ("x" * 400, "x" * 300)],
)
def test_log_lines_cannot_act_on_the_terminal(line, text):
    assert printable(line) == text


# On a terminal


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
        show(events.Planned(plan()))
        show(events.Started("agent", "ecs-svc/1"))
        show(events.Progress("agent", events.Phase.CHECKING, 2, 2, 1, ""))
        show(events.Finished(GOOD))
        show(events.Ended(plan(), (GOOD,), 12.4))
    text = screen.getvalue()
    assert "2/2" in text
    assert "agent: live after 12 s; serving now: v2 serves (2 tasks)" in text


def test_a_terminal_shows_what_goes_wrong(on_terminal, clock, capsys):
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(plan()))
        show(events.Started("agent", "ecs-svc/1"))
        show(events.AwsUnreachable("AWS is unreachable", 45))
        show(events.AwsReachable())
        show(events.Stopping("agent", "2 tasks exited with code 1"))
        show(events.Finished(BAD))
        show(events.Ended(plan(), (BAD,), 61.0))
    assert "agent: 2 tasks exited with code 1" in screen.getvalue()
    assert capsys.readouterr().err == "appdeploy: agent: rolled-back: 2 tasks exited with code 1; last log lines:\n  | boom\n"


def test_who_waits_is_told_behind_whom_and_sees_no_table_before_something_is_done(on_terminal, clock):
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(plan()))
        show(events.WaitingForLock("held by upgrade-x of bob since noon: v3"))
        show(events.Planned(plan()))
    text = screen.getvalue()
    assert "waiting for the lock, which is held by upgrade-x of bob since noon: v3" in text
    assert "phase" not in text
    assert text.count("agent: v1 -> v2") == 1, "the same plan is not told twice"


def test_what_a_rollback_learns_and_undoes_stays_on_a_terminal(on_terminal, clock):
    recalled = plan().changed[0]
    late, ours = "arn:aws:ecs:r:1:task-definition/agent:7", "arn:aws:ecs:r:1:task-definition/agent:2"
    screen = on_terminal()
    with TerminalRenderer(clock) as show:
        show(events.Planned(plan()))
        show(events.PreviousVersionResolved(recalled))
        show(events.WatchingForLateWrites("agent", "upgrade-x", 22))
        show(events.LateWriteReverted("agent", "upgrade-x", late, ours, "ecs-svc/8"))
        show(events.Ended(plan(), (GOOD,), 12.4))
    text = screen.getvalue()
    assert "agent: v1 -> v2 (sha256:" in text
    assert "agent: live; for 22 s more a late write of upgrade-x may land and is undone" in text
    assert "agent: PUT BACK: a late write of upgrade-x brought agent:7; agent:2 again, deployment ecs-svc/8" in text


def test_no_color_leaves_no_colour_on_a_terminal(on_terminal, clock, monkeypatch):
    screen = on_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    with TerminalRenderer(clock) as show:
        show(events.Planned(plan()))
        show(events.Finished(BAD))
    assert "\x1b[31m" not in screen.getvalue()
    assert "\x1b[1;31m" not in screen.getvalue()


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("CI", "true")])
def test_ci_and_dumb_terminals_get_plain_lines(on_terminal, monkeypatch, variable, value):
    on_terminal()
    assert is_terminal()
    monkeypatch.setenv(variable, value)
    assert not is_terminal()


def test_a_reader_that_goes_away_does_not_end_the_program():
    program = (
        "import sys; from appdeploy.render.plain import write\n"
        "for _ in range(20000): write(sys.stdout, ['x' * 80])\n"
        "sys.exit(21)"
    )
    script = f'"{sys.executable}" -c "$0" | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", script, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (21, "")
