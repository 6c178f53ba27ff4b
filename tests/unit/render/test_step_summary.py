"""The Markdown that GitHub shows of a release, and that it never disturbs one."""

from __future__ import annotations

import pytest

from appdeploy.model.clock import SystemClock
from appdeploy.model.events import AwsReachable, AwsUnreachable
from appdeploy.notify.fanout import EventFanout
from tests.support.release_scenario import DONE, Moment

DEPLOY = ("deploy", "-e", "staging", "--version", "v2")


@pytest.fixture
def summary(command, monkeypatch, tmp_path):
    """Runs a command in a GitHub step; returns its exit status and what it added to the summary."""
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))

    def go(*arguments):
        status = command(*arguments)
        before, _, added = path.read_text().partition("before\n")
        assert before == ""
        return status, added

    return go


def test_a_good_release(summary, aws):
    aws.scripted(Moment(), DONE)
    status, added = summary(*DEPLOY, "--reason", "faster", "--change", "CHG-7")
    lines = added.splitlines()
    assert status == 0
    assert lines[0] == "## v2 to staging: live"
    row = [cell.strip() for cell in lines[4].strip("|").split("|")]
    assert row[:4] == ["agent", "v1 (sha256:000000000000)", "v2 (sha256:000000000000)", "live"]
    assert f"- release: `{aws.ledger[0].id}`" in lines
    assert {"- why: faster", "- change: CHG-7", "- what next: nothing"} <= set(lines)
    assert "- roll back: `appdeploy rollback -e staging --service agent`" in lines


def test_a_failed_release_has_cause_and_log_lines_and_no_way_back(summary, aws):
    aws.crashing()
    aws.log_lines = ["no <database>", "```"]
    status, added = summary(*DEPLOY)
    assert status == 21
    assert added.startswith("## v2 to staging: rolled-back\n")
    assert "2 tasks exited with code 1 |" in added
    assert "    no <database>\n    ```\n" in added
    assert "- what next: the previous version serves" in added
    assert "- roll back: " not in added


def test_a_refusal_says_why_and_nothing_more(summary, aws):
    aws.environment(aws.released())
    status, added = summary("deploy", "-e", "staging", "--version", "v7")
    assert status == 10
    assert added.startswith("## Release to staging: nothing was changed\n\n> agent: ")
    assert "what next" not in added


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_says_how_to_go_on(summary, aws):
    aws.environment(aws.released())
    status, added = summary(*DEPLOY)
    assert status == 130
    assert added.startswith("## v2 to staging: no outcome\n\n> stopped watching; ")
    assert f"- what next: it continues in AWS: `appdeploy resume -e staging {aws.ledger[0].id}`" in added


def test_words_of_people_are_no_markdown(summary, aws):
    aws.scripted(Moment(), DONE)
    _, added = summary(*DEPLOY, "--reason", "<img src=x> | *bold* [a](b)")
    assert r"- why: &lt;img src=x&gt; \| \*bold\* \[a\](b)" in added


def test_a_summary_that_cannot_be_written_is_one_line_and_fails_nothing(command, aws, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such.md"))
    aws.scripted(Moment(), DONE)
    assert command(*DEPLOY) == 0
    err = capsys.readouterr().err
    assert err == f"appdeploy: the step summary could not be written to {tmp_path}/no/such.md: No such file or directory\n"


def test_what_only_looks_adds_nothing(summary, aws):
    aws.environment(aws.released())
    assert summary(*DEPLOY, "--plan") == (0, "")


class Broken:
    """Someone who fails at the first event."""

    def __init__(self):
        self.heard = 0

    def on_event(self, event):
        self.heard += 1
        raise ValueError("no")

    def end(self, error):
        raise AssertionError("it was asked again")


def test_whoever_fails_aside_is_heard_of_once_and_hears_nothing_more(capsys):
    shown, broken = Shown(), Broken()
    with EventFanout(shown, SystemClock()) as everyone:
        everyone.subscribe(broken)
        everyone(AwsReachable())
        everyone(AwsUnreachable("x", 1))
    assert (shown.events, broken.heard) == ([AwsReachable(), AwsUnreachable("x", 1)], 1)
    assert capsys.readouterr().err.startswith("appdeploy: unexpected ValueError: no (")


def test_an_interruption_that_an_aside_hides_is_one():
    clock = SystemClock()
    clock.cancel()
    everyone = EventFanout(Shown(), clock)
    everyone.subscribe(Broken())
    with pytest.raises(KeyboardInterrupt):
        everyone(AwsReachable())


class Shown:
    """Keeps what it is shown."""

    def __init__(self):
        self.events = []
        self.error = None

    def __call__(self, event):
        self.events.append(event)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.error = error


def test_the_end_is_told_aside_and_then_shown():
    reported, shown, error = [], Shown(), ValueError("over")

    class Last(Broken):
        def end(self, error):
            reported.append((error, shown.error))

    everyone = EventFanout(shown, SystemClock())
    everyone.subscribe(Last())
    everyone.__exit__(ValueError, error, None)
    assert (reported, shown.error) == ([(error, None)], error)
