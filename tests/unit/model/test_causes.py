"""One cause that several services have is shown once, first and in full; the others name the service."""

from __future__ import annotations

import json

import pytest

from appdeploy.model.causes import Cause, because_it_ended, because_it_failed, in_short, of_results, root_first
from tests.support.release_scenario import DONE, ROLLED_BACK, Moment, not_pulled, platform_contract, up

LONG = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found"
PORTAL = Cause("customer-portal", "rolled-back", LONG)
DEPLOY = ("deploy", "-e", "staging", "--version", "v2")


def test_the_root_cause_comes_first_and_in_full():
    agent = Cause("agent", "skipped", because_it_ended(PORTAL))
    assert root_first([agent, PORTAL]) == (PORTAL, Cause("agent", "skipped", "because of customer-portal"))


def test_a_service_that_did_not_wait_for_its_end_is_because_of_it_too():
    agent = Cause("agent", "rolled-back", because_it_failed("customer-portal", LONG))
    assert root_first([agent, PORTAL]) == (PORTAL, Cause("agent", "rolled-back", "because of customer-portal"))


def test_what_a_service_adds_of_its_own_stays():
    agent = Cause("agent", "failed", f"{because_it_ended(PORTAL)}; the revert failed: it crashed")
    assert root_first([agent, PORTAL])[1].text == "because of customer-portal; the revert failed: it crashed"


def test_a_chain_of_causes_ends_at_the_next_service():
    agent = Cause("agent", "skipped", because_it_ended(PORTAL))
    orchestrator = Cause("orchestrator", "skipped", because_it_ended(agent))
    assert root_first([orchestrator, agent, PORTAL])[1].text == "because of agent"


def test_causes_of_their_own_keep_their_order():
    causes = (Cause("agent", "failed", "it crashed"), PORTAL, Cause("orchestrator", "live", None))
    assert root_first(causes) == causes


def test_a_service_without_a_cause_is_named_too():
    assert in_short("agent ended failed", [Cause("agent", "failed", None)]) == "because of agent"


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("my-agent failed: X", [Cause("agent", "rolled-back", "X")]),
        ("agent failed: 2 tasks exited with code 137", [Cause("agent", "rolled-back", "2 tasks exited with code 1")]),
        ("agent failed: 12 tasks", [Cause("agent", "rolled-back", "1")]),
        ("agent ended failed: 3 tasks", [Cause("agent", "failed", None)]),
    ],
)
def test_only_a_whole_quote_is_one(text, others):
    assert in_short(text, others) == text


# In a real release: the last one fails, one was live and is reverted, one comes later.


@pytest.fixture
def three(aws):
    services = {
        name: aws.released(name, wave=wave) for name, wave in (("agent", 0), ("customer-portal", 1), ("orchestrator", 2))
    }
    services["agent"].script = [Moment((up(1), up(2))), DONE]
    services["agent"].after_return = [DONE]
    services["customer-portal"].script = [Moment(), Moment((not_pulled(1), not_pulled(2)))]
    services["customer-portal"].after_stop = [ROLLED_BACK]
    aws.environment(*services.values())
    return services


def occurrences(text):
    return text.count(LONG)


def test_the_sequence_quotes_a_cause_in_the_words_that_are_recognised(three, run):
    causes = {cause.service: cause for cause in of_results(run())}
    assert causes["orchestrator"].text == because_it_ended(causes["customer-portal"])
    assert causes["agent"].text == because_it_ended(causes["customer-portal"])


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_the_report_of_a_release_has_it_once(three, command, capsys, monkeypatch, terminal):
    monkeypatch.setattr("appdeploy.render.terminal.Live.start", lambda self: None)
    monkeypatch.setattr("appdeploy.app.console.is_terminal", lambda: terminal)
    assert command(*DEPLOY) == 21
    out, err = capsys.readouterr()
    assert occurrences(err) == 1
    first, *others = err.splitlines()
    assert first.startswith("appdeploy: customer-portal: rolled-back: ")
    assert "appdeploy: agent: rolled-back: because of customer-portal" in others
    assert "appdeploy: orchestrator: skipped: because of customer-portal" in others
    ended, *hints = out.splitlines()[-3:]
    release = ended.partition(": rolled-back")[0]
    assert hints == [
        f"`appdeploy releases show {release} -e staging` shows what was done, and why it failed",
        "`appdeploy status -e staging` shows what runs now",
    ]


def test_the_plain_lines_of_a_release_have_it_nowhere_else(three, command, capsys):
    command(*DEPLOY)
    out = capsys.readouterr().out
    assert (
        "agent: REVERTING to axonflow-staging-agent:4, deployment ecs-svc/8000000000000000008: because of customer-portal"
        in out
    )
    assert occurrences(out) <= 2, "while its tasks fail, and when it is stopped"


def test_the_ledger_shows_it_first_and_once(three, command, aws, capsys):
    command(*DEPLOY)
    capsys.readouterr()
    assert command("releases", "show", "latest", "-e", "staging") == 0
    out = capsys.readouterr().out
    services = out.split("cause: ")
    assert LONG in services[1]
    assert [text.splitlines()[0] for text in services[2:]] == ["because of customer-portal"] * 2
    assert occurrences(out) == 1, "nor with the steps"
    assert "revert agent: because of customer-portal; done" in out


@pytest.mark.parametrize("words", [("report", "latest", "-e", "staging")])
def test_the_record_has_it_once_in_its_causes(three, command, capsys, words):
    command(*DEPLOY)
    capsys.readouterr()
    assert command(*words) == 0
    causes = capsys.readouterr().out.partition("## Causes")[2].partition("## Steps")[0]
    assert causes.count("CannotPullContainerError") == 1
    assert causes.count("because of customer-portal") == 2


def test_the_page_of_a_job_has_it_once(three, command, monkeypatch, tmp_path):
    path = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    command(*DEPLOY)
    rows = path.read_text().partition("| --- |")[2]
    assert rows.count("CannotPullContainerError") == 1
    assert rows.count("because of customer-portal") == 2
    assert "| agent | v1 (sha256:000000000000) | v2 (sha256:000000000000) | rolled-back |" in rows
    assert "roll back: " not in rows, "what was live is reverted already"


def test_json_and_notifications_have_each_in_full(three, command, aws, capsys):
    bus = "arn:aws:events:eu-central-1:123456789012:event-bus/default"
    aws.parameters["platform"] = platform_contract(event_bus=bus).dump()
    command(*DEPLOY, "--json")
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [LONG in result["cause"] for result in last["results"]] == [True, True, True]
    detail = aws.notices[-1]["Detail"]
    assert [LONG in service["cause"] for service in detail["services"]] == [True, True, True]
    assert detail["summary"].count(LONG) == 1
