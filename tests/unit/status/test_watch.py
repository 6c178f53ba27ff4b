"""`status --watch`: what changes, until someone interrupts it."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace

import pytest

from appdeploy.model.errors import Refused
from appdeploy.status.read import read_status
from appdeploy.status.watch import Look, watch
from tests.support.release_scenario import AwsSays

WATCH = ("status", "-e", "staging", "--watch")


@pytest.fixture
def report(clients, aws):
    aws.environment(aws.released())
    return read_status(clients, "staging", ())


@pytest.fixture
def sleeps(monkeypatch):
    """What happens during each pause, in turn; after the last one Ctrl-C. Returns the pauses so far."""
    pauses = []

    def plan(*acts):
        left = list(acts)

        def sleep(self, seconds):
            pauses.append(seconds)
            if not left:
                raise KeyboardInterrupt
            left.pop(0)()

        monkeypatch.setattr("appdeploy.model.clock.SystemClock.sleep", sleep)
        return pauses

    return plan


def nothing():
    """Nothing changes."""


def test_what_stays_is_shown_once_and_what_changes_is_shown_again(clock, report):
    other = replace(report, lock="held")
    readings = iter([report, report, other, other, report])
    looks = watch(lambda: next(readings), clock, 5.0)
    assert [next(looks) for _ in range(3)] == [Look(report), Look(other), Look(report)]
    assert clock.now() == 1000.0 + 4 * 5.0


def test_a_look_that_fails_is_shown_and_tried_again(clock, report):
    readings = iter([report, Refused("no answer"), Refused("no answer"), report])

    def read():
        answer = next(readings)
        if isinstance(answer, Refused):
            raise answer
        return answer

    looks = watch(read, clock, 5.0)
    assert [next(looks) for _ in range(3)] == [Look(report), Look(report, "no answer"), Look(report)]


def test_a_first_look_that_fails_ends_it(command, aws, sleeps, capsys):
    aws.environment(aws.released())
    sleeps()
    aws.answers["DescribeServices"] = [AwsSays("AccessDeniedException")]
    assert command(*WATCH) == 10
    assert "status of staging could not be read" in capsys.readouterr().err


def test_in_a_pipe_each_change_is_a_block(command, aws, sleeps, capsys):
    aws.environment(aws.released())
    frozen = {"M": {name: {"S": name} for name in ("who", "since", "reason")}}
    pauses = sleeps(nothing, lambda: setattr(aws, "lock_item", {"freeze": frozen}), nothing)
    assert command(*WATCH, "--interval", "2") == 130
    out, err = capsys.readouterr()
    blocks = [block.splitlines() for block in out.split("\n\n") if block]
    assert (len(blocks), err, pauses) == (2, "", [2.0] * 4)
    assert blocks[0][1:] == blocks[1][1 : len(blocks[0])]
    assert blocks[1][-1].startswith("the environment is frozen")


def test_for_programs_each_change_is_a_line(command, aws, sleeps, capsys):
    aws.environment(aws.released())
    sleeps(nothing)
    assert command(*WATCH, "--json") == 130
    assert json.loads(capsys.readouterr().out)["services"][0]["version"] == "v1"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_it_is_a_table_that_says_of_when_it_is(command, aws, sleeps, monkeypatch):
    aws.environment(aws.released())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(sys, "stdout", Terminal())
    pauses = sleeps(lambda: aws.answers.update(DescribeServices=[AwsSays("AccessDeniedException")]))
    assert command(*WATCH) == 130
    drawn = sys.stdout.getvalue()
    assert pauses == [5.0, 5.0]
    assert ":4" in drawn
    assert "as of 20" in drawn
    assert "could not be read" in drawn


class Gone(io.StringIO):
    """A pipe that no one reads."""

    def flush(self):
        raise BrokenPipeError


def test_it_ends_when_nobody_reads_it_any_more(command, aws, sleeps, monkeypatch, tmp_path):
    aws.environment(aws.released())
    pauses = sleeps(nothing)
    with (tmp_path / "out").open("w") as file, monkeypatch.context() as patch:
        gone = Gone()
        gone.fileno = file.fileno
        patch.setattr(sys, "stdout", gone)
        assert command(*WATCH) == 0
    assert pauses == []


@pytest.mark.parametrize(
    "more", [("--interval", "3"), ("--watch", "--expect-synced"), ("--watch", "--interval", "0")], ids=" ".join
)
def test_options_that_make_no_sense(more, command, aws):
    assert command("status", "-e", "staging", *more) == 2
    assert aws.calls == []
