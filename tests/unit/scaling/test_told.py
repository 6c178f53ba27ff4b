"""Who learns of a change of a count: the notifications, the page of a job, and programs."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.contract import Scaling
from tests.support.fake_aws import Kill
from tests.support.release_scenario import AwsSays, platform_contract

SCALE = ("scale", "agent", "4", "-e", "staging", "--reason", "load test")
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/default"


@pytest.fixture
def agent(aws):
    service = aws.released(scaling=Scaling(minimum=2, maximum=6))
    aws.environment(service)
    aws.parameters["platform"] = platform_contract(event_bus=BUS).dump()
    aws.minimums["axonflow-staging-agent-service"] = 2
    return service


@pytest.fixture
def page(monkeypatch, tmp_path):
    path = tmp_path / "page.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def kinds(aws):
    return [notice["DetailType"] for notice in aws.notices]


def test_a_change_that_is_done_is_told_when_it_begins_and_when_it_is_over(aws, agent, command):
    assert command(*SCALE) == 0
    assert kinds(aws) == ["Release Started", "Release Settled"]
    detail = aws.notices[-1]["Detail"]
    assert (detail["kind"], detail["outcome"], detail["settled"], detail["reason"]) == ("scale", "live", True, "load test")
    [service] = detail["services"]
    assert (service["change"], service["from"], service["to"]) == ("count", None, None)
    assert service["count"] == {"previous": 2, "target": 4, "hold_until": None, "releases_hold": False}
    assert "agent 2 -> 4 tasks live" in detail["summary"]


def test_a_hold_alone_begins_the_change(aws, agent, command):
    assert command(*SCALE, "--hold", "2h") == 0
    assert "agent 2 -> 4 tasks, held until " in aws.notices[0]["Detail"]["summary"]
    assert kinds(aws) == ["Release Started", "Release Settled"]


def test_what_changes_nothing_tells_nobody(aws, agent, command):
    assert command("scale", "agent", "2", "-e", "staging") == 0
    assert command("scale", "agent", "9", "-e", "staging") == 10
    assert command(*SCALE, "--plan") == 0
    assert aws.notices == []


def test_a_count_that_was_changed_meanwhile_is_told_as_superseded(aws, agent, command, page, monkeypatch):
    usual = aws._UpdateService

    def rival(params):
        reply = usual(params)
        agent.desired = 5
        return reply

    monkeypatch.setattr(aws, "_UpdateService", rival)
    assert command(*SCALE) == 23
    assert kinds(aws) == ["Release Started", "Release Superseded"]
    assert "what next: the count was changed meanwhile: `appdeploy status -e staging`" in page.read_text()


def test_an_interrupted_one_is_told_and_its_resume_ends_it(aws, agent, command):
    aws.kill = Kill("UpdateService", after=True)
    assert command(*SCALE, "--hold", "2h") != 0
    aws.dead, aws.kill = False, None
    aws.notices.clear()
    aws.let_lease_pass()
    assert command("resume", "-e", "staging") == 0
    assert kinds(aws)[-1] == "Release Settled"


def test_a_bus_that_refuses_changes_neither_outcome_nor_exit_status(aws, agent, command, capsys):
    aws.answers["PutEvents"] = [AwsSays("AccessDeniedException")] * 9
    assert command(*SCALE) == 0
    assert "notification failed: EventBridge did not take it" in capsys.readouterr().err


def test_the_page_of_a_job_has_the_counts(agent, command, page):
    assert command(*SCALE, "--hold", "2h") == 0
    text = page.read_text()
    assert text.startswith("## agent to 4 tasks, held until ")
    assert "| agent | 2 tasks | 4 tasks, held until " in text
    assert "- why: load test" in text
    assert "- what next: nothing" in text
    assert "roll back" not in text


def test_a_refusal_is_on_the_page_too(agent, command, page):
    assert command("scale", "agent", "9", "-e", "staging") == 10
    assert page.read_text().startswith("## Release to staging: nothing was changed\n\n> agent: a count of 9 is outside")


def test_a_refused_step_says_what_to_look_at(aws, agent, command, page):
    aws.answers["UpdateService"] = [AwsSays("AccessDeniedException")]
    assert command(*SCALE, "--hold", "2h") == 10
    assert "- what next: the count was not changed: fix the cause, then try again" in page.read_text()
    assert kinds(aws) == ["Release Started", "Release Refused"]


def test_programs_get_the_plan_each_step_and_the_end(agent, command, capsys):
    assert command(*SCALE, "--hold", "2h", "--json") == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (printed[0]["event"], printed[-1]["event"]) == ("planned", "ended")
    assert (printed[0]["count"]["service"], printed[0]["count"]["previous"], printed[0]["count"]["target"]) == ("agent", 2, 4)
    assert [line["step"] for line in printed if line["event"] == "count-step"] == ["hold", "set-count"]
    assert (printed[-1]["outcome"], printed[-1]["exit_code"]) == ("live", 0)
