"""`--json`: one object a line by the published schema, and nothing else on standard output."""

from __future__ import annotations

import json

import jsonschema
import pytest

from appdeploy.model.contract import Scaling
from appdeploy.render.json_schema import PLACE
from tests.support.fake_aws import Kill
from tests.support.release_scenario import DIGESTS, DONE, LONG_AGO, Moment

VALIDATOR = jsonschema.Draft202012Validator(json.loads(PLACE.read_text()))
DEPLOY = ("deploy", "-e", "staging", "--version", "v2", "--json")


@pytest.fixture
def stream(command, capsys):
    """Runs a command; returns its exit status and its lines, each checked against the published schema."""

    def go(*arguments):
        status = command(*arguments)
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for line in printed:
            VALIDATOR.validate(line)
        return status, printed

    return go


def named(printed):
    return [line["event"] for line in printed if line["event"] != "progress"]


def test_a_good_release_line_by_line(stream, aws):
    aws.scripted(Moment(), DONE)
    status, printed = stream(*DEPLOY, "--reason", "faster", "--change", "CHG-7")
    planned, ended = printed[0], printed[-1]
    assert (status, named(printed)) == (0, ["planned", "registered", "started", "finished", "ended"])
    assert (planned["environment"], planned["kind"], planned["reason"], planned["change_ticket"]) == (
        *("staging", "upgrade", "faster"),
        "CHG-7",
    )
    sides = planned["services"][0]["previous"], planned["services"][0]["target"]
    assert [(side["version"], side["digest"]) for side in sides] == [("v1", DIGESTS["v1"]), ("v2", DIGESTS["v2"])]
    assert (ended["outcome"], ended["exit_code"], ended["results"][0]["final"]) == ("live", 0, True)
    assert {line["release"] for line in printed} == {aws.ledger[0].id}
    assert [line["time"] for line in printed] == sorted(line["time"] for line in printed)


def test_a_failed_release_has_its_cause_and_log_lines_in_the_stream(stream, aws, capsys):
    aws.crashing()
    aws.log_lines = ["no database"]
    status, printed = stream(*DEPLOY)
    result = printed[-1]["results"][0]
    assert (status, printed[-1]["exit_code"], result["outcome"]) == (21, 21, "rolled-back")
    assert (result["cause"], result["log_lines"]) == ("2 tasks exited with code 1", ["no database"])


def test_a_refusal_is_the_last_line_and_its_table_is_in_it(stream, aws):
    aws.environment(aws.released())
    status, printed = stream("deploy", "-e", "staging", "--version", "v7", "--json")
    (line,) = printed
    assert (status, line["event"], line["exit_code"], line["release"]) == (10, "error", 10, None)
    assert line["lines"][0].startswith("agent: ")
    assert line["details"][0].startswith("NO    agent  image ")


def test_a_frozen_environment_is_the_last_line(stream, aws):
    aws.environment(aws.released())
    aws.lock_item = {"freeze": {"M": {"who": {"S": "bob"}, "since": {"S": str(LONG_AGO)}, "reason": {"S": "audit"}}}}
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["event"], printed[-1]["exit_code"]) == (11, "error", 11)
    assert "audit" in printed[-1]["lines"][0]


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_is_the_last_line(stream, aws):
    aws.environment(aws.released())
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["exit_code"]) == (130, 130)
    assert "watches it again" in printed[-1]["lines"][0]


def test_a_defect_of_ours_is_the_last_line(stream, aws):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [{"services": [{}]}]
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["exit_code"]) == (1, 1)
    assert "this is a defect" in printed[-1]["lines"][0]


@pytest.mark.parametrize("verb", ["sync", "restart", "rollback", "resume"])
def test_every_verb_that_releases_prints_lines(verb, stream, aws):
    service = aws.released()
    aws.environment(service)
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    service.script = [Moment(), DONE]
    status, printed = stream(verb, "-e", "staging", "--json")
    assert printed[-1]["event"] == ("error" if verb == "resume" else "ended"), printed
    assert printed[-1]["exit_code"] == status


def test_a_change_of_a_count_that_is_resumed_is_one_stream_too(stream, command, aws, capsys, monkeypatch, tmp_path):
    aws.environment(aws.released(scaling=Scaling(minimum=2, maximum=6)))
    aws.minimums["axonflow-staging-agent-service"] = 2
    page, aws.kill = tmp_path / "page.md", Kill("UpdateService")
    command("scale", "agent", "4", "-e", "staging")
    aws.dead = False
    aws.let_lease_pass()
    capsys.readouterr()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    status, printed = stream("resume", "-e", "staging", "--json")
    assert (status, printed[0]["event"], printed[-1]["event"]) == (0, "planned", "ended")
    assert page.read_text().startswith("## agent to 4 tasks in staging: live\n")
    assert page.read_text().count("## ") == 1, "no release was refused"


@pytest.mark.parametrize(
    "arguments", [("deploy", "--version", "v2", "--plan"), ("rollback", "--list")], ids=lambda words: words[0]
)
def test_what_only_looks_prints_one_object_as_before(arguments, command, aws, capsys):
    aws.environment(aws.released())
    assert command(*arguments, "-e", "staging", "--json") == 0
    assert "services" in json.loads(capsys.readouterr().out)
