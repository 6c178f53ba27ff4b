"""One table for all that is in the way: the lock's row, and rows for services that have no plan."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.operation import Deploy
from appdeploy.plan.prepare import Request, prepare
from appdeploy.plan.report import PlanReport
from appdeploy.preflight.check import Verdict
from tests.support.fake_table import BOB, FREEZE
from tests.support.release_scenario import DONE, AwsSays

PLAN = ("plan", "-e", "staging", "--version", "v2")


@pytest.fixture
def lock(clients, aws):
    """The lock's row."""

    def look(request=None):
        row = prepare(request or Request("staging", Deploy("v2"), ()), clients).lock
        assert aws.lock_writes == []
        return row

    aws.environment(aws.released())
    return look


def test_a_free_lock(lock):
    row = lock()
    assert (row.service, row.what, row.verdict, row.found) == ("staging", "lock", Verdict.OK, "free")


def test_a_holder_is_named_with_what_to_do(aws, lock):
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": "1"}, "holder": BOB}
    row = lock()
    assert row.verdict is Verdict.NO
    assert row.found.startswith("held by upgrade-2026-1125-100000-bobbob of bob since")
    assert "--lock-wait" in row.remedy


def test_a_freeze_is_told_with_its_reason_and_whom_to_ask(aws, lock):
    aws.lock_item = {"freeze": FREEZE}
    row = lock()
    assert (row.verdict, row.found.endswith("load test"), "ask carol" in row.remedy) == (Verdict.NO, True, True)


def test_our_own_lock_is_in_nobodys_way(aws, lock):
    """Who stood in line plans again once the lock is its own."""
    request = Request("staging", Deploy("v2"), ())
    holder = {"M": {**BOB["M"], "release": {"S": request.release_id}}}
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": "1"}, "holder": holder}
    assert lock(request).verdict is Verdict.OK


def test_a_lock_that_cannot_be_read_is_skipped(aws, lock):
    aws.answers["GetItem"] = [AwsSays("AccessDeniedException", "no")]
    assert lock().verdict is Verdict.SKIP


def test_a_plan_shows_who_is_at_work_and_would_be_refused(aws, command, capsys):
    aws.environment(aws.released())
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": "1"}, "holder": BOB}
    assert command(*PLAN) == 10
    assert "NO    staging  lock          held by upgrade-2026-1125-100000-bobbob of bob" in capsys.readouterr().out


def test_a_release_is_turned_away_by_the_lock_itself_and_not_by_its_row(aws, command, capsys):
    aws.scripted(DONE)
    aws.lock_item = {"freeze": FREEZE}
    assert command("deploy", "-e", "staging", "--version", "v2") == 11
    assert "load test" in capsys.readouterr().err


def test_a_missing_image_is_a_row_of_the_table_of_a_plan(aws, command, capsys):
    aws.environment(aws.released("agent"), aws.released("orchestrator"))
    del aws.images["axonflow-staging-agent:v2"]
    assert command(*PLAN) == 10
    out, err = capsys.readouterr()
    heading, *indented = out.splitlines()
    table = [line.removeprefix("  ") for line in indented]
    assert heading == "preflight: a release would be refused"
    assert table[0].startswith("NO    agent         image         ")
    assert table[0].endswith("axonflow-staging-agent has no image v2: its newest tags are v1")
    assert not any(line.startswith("SKIP  agent") for line in table)
    assert any(line.startswith("OK    orchestrator  image ") for line in table)
    assert table[-1].split()[:3] == ["OK", "staging", "lock"]
    assert err == ""
    assert aws.writes == aws.lock_writes == []


def test_a_refused_plan_as_json_is_an_error_object_and_nothing_else(aws, command, capsys):
    aws.environment(aws.released())
    aws.images.clear()
    assert command(*PLAN, "--json") == 10
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["exit_code"]) == ("error", 10)
    assert "does not exist" in line["lines"][0]


def test_the_lock_is_in_the_documented_model(aws, command, capsys):
    aws.environment(aws.released())
    assert command(*PLAN, "--json") == 0
    report = PlanReport.model_validate(json.loads(capsys.readouterr().out))
    assert [check.service for check in report.checks if check.what == "lock"] == ["staging"]
