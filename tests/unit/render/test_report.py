"""The record of a release: Markdown that says what the ledger says, whatever the ledger holds."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from appdeploy.model.ledger_entry import CountChange, Entry, ServiceEntry, SettingChange, StepKind, VersionRef
from appdeploy.reconcile.entry_state import EntryState
from appdeploy.render.markdown import escaped
from appdeploy.render.report import report_lines
from tests.support.release_scenario import DONE, LONG_AGO, Moment, task_definition_arn

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def entry(**changes):
    service = ServiceEntry(
        service="arn",
        change="release",
        previous=VersionRef(task_definition=task_definition_arn("axonflow-staging-agent:4"), version="v1"),
        target=VersionRef(task_definition=task_definition_arn("axonflow-staging-agent:5"), version="v2"),
        outcome="live",
        seconds=42.0,
        settled=True,
    )
    values = {
        "id": "upgrade-2025-1125-143000-abc123",
        "kind": "upgrade",
        "environment": "staging",
        "purpose": "v2 to staging",
        "who": "alice",
        "started": LONG_AGO,
        "reported": LONG_AGO + timedelta(seconds=43),
        "services": {"agent": service},
    }
    return Entry(**{**values, **changes})


def cells(text):
    """The rows of all tables of a document, as a Markdown parser reads them: each cell as the text that a reader sees."""
    rows, tokens = [], MARKDOWN.parse(text)
    for before, token in pairwise(tokens):
        if before.type == "tr_open":
            rows.append([])
        if token.type == "inline" and before.type in ("td_open", "th_open"):
            assert {child.type for child in token.children} <= {"text", "text_special"}, token.children
            rows[-1].append("".join(child.content for child in token.children))
    return rows


def record(reading, serving=None):
    return "\n".join(report_lines(reading, serving or {"agent": "v2 serves, 2/2 tasks"}))


def test_it_says_what_who_why_when_and_how_it_ended():
    reported = entry(
        reason="hotfix", change_ticket="CHG-7", incident="logins fail", run="https://github.com/x/y/actions/runs/1"
    )
    facts = dict(row for row in cells(record(EntryState(reported))) if len(row) == 2)
    assert facts["outcome"] == "live"
    assert (facts["who"], facts["reason"], facts["change ticket"]) == ("alice", "hotfix", "CHG-7")
    assert facts["during an incident"] == "logins fail"
    assert (facts["started"], facts["took"]) == ("2025-11-25 14:30:00Z", "43 s")


def test_each_service_has_its_way_and_what_serves_now():
    [row] = [row for row in cells(record(EntryState(entry()))) if row[0] == "agent"]
    assert row[1:3] == ["live", "v1 -> v2"]
    assert row[4] == "axonflow-staging-agent:4 -> axonflow-staging-agent:5"
    assert row[-2:] == ["42 s", "v2 serves, 2/2 tasks"]


def test_settings_counts_causes_and_steps_have_their_tables():
    reported = entry().with_step_started(StepKind.STOP, "agent", "2 tasks | exited").with_open_steps_interrupted()
    change = SettingChange(key="LOG_LEVEL", previous="info", target="debug")
    reported = reported.with_service("agent", settings=(change,), count=CountChange(previous=2, target=4), cause="no answer")
    rows = cells(record(EntryState(reported)))
    assert ["agent", "LOG_LEVEL", "info", "debug"] in rows
    assert ["agent", "2", "4", "-"] in rows
    assert ["agent", "no answer"] in rows
    assert ["stop", "agent", "interrupted", "2 tasks | exited"] in [row[1:] for row in rows]


def test_the_last_lines_of_a_failed_container_are_a_block_whatever_they_hold():
    lines = ("# no heading", "````", "| no | table |", "boom")
    reported = entry()
    text = record(EntryState(reported.with_service("agent", log_lines=lines)))
    [block] = [token.content for token in MARKDOWN.parse(text) if token.type == "fence"]
    assert tuple(block.splitlines()) == lines
    assert "## Last lines of agent" in text
    assert "Last lines" not in record(EntryState(reported))


def test_what_is_left_to_do_is_told():
    text = record(EntryState(entry().with_service("agent", outcome=None, settled=False)))
    assert ["to be done", "appdeploy resume -e staging upgrade-2025-1125-143000-abc123"] in cells(text)


MARKS = st.sampled_from("|\n`*_<>[]()#!&;~@:\\.-\t$")
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")) | MARKS, max_size=40)


@given(TEXT)
def test_any_text_is_read_back_as_it_was(text):
    wanted = " ".join(text.split())
    reported = entry(reason=f"x{text}")
    facts = dict(row for row in cells(record(EntryState(reported))) if len(row) == 2)
    assert facts["reason"] == " ".join(f"x{text}".split())
    [row] = [row for row in cells(record(EntryState(reported), {"agent": text})) if row[0] == "agent"]
    assert row[-1] == (wanted or "-")


@pytest.mark.parametrize("text", ["@team", "https://evil.example", "www.evil.example", "<img src=x>", "a|b", "![x](y)"])
def test_nothing_becomes_a_mention_a_link_or_a_mark(text):
    assert text not in escaped(text)


def test_the_command(command, aws, run, tmp_path, capsys):
    aws.scripted(Moment(), DONE)
    run("v2")
    name = aws.ledger[0].id
    assert command("report", name, "-e", "staging") == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"# {name}")
    assert command("report", name, "-e", "staging", "--output", str(tmp_path / "record.md")) == 0
    assert (tmp_path / "record.md").read_text() == shown
    assert command("report", name, "-e", "staging", "--output", str(tmp_path / "none" / "record.md")) == 10
    assert "could not be written" in capsys.readouterr().err
    assert command("report", "upgrade-2025-1125-143000-abc123", "-e", "staging") == 10
