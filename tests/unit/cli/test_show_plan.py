"""`--plan` of every command: one document, and the command that carries it out."""

from __future__ import annotations

import json

import pytest

from appdeploy.plan.report import PlanReport
from tests.support.release_scenario import LONG_AGO, AwsSays
from tests.support.rollbacks import OK, remembered

VERBS = {
    "deploy": ("deploy", "--version", "v1"),
    "restart": ("restart", "--reason", "a b"),
    "rollback": ("rollback",),
    "scale": ("scale", "agent", "4"),
    "config": ("config", "set", "agent", "LOG_LEVEL=debug"),
}


@pytest.fixture
def agent(aws):
    service = remembered(aws, ("v1", OK), ("v2", OK))
    name = "/axonflow/staging/config/agent/LOG_LEVEL"
    aws.settings[name] = [("info", LONG_AGO)]
    container = aws.task_definitions[service.task_definition]["taskDefinition"]["containerDefinitions"][0]
    container["secrets"].append({"name": "LOG_LEVEL", "valueFrom": name})
    return service


@pytest.mark.parametrize("words", VERBS.values(), ids=VERBS)
def test_with_json_it_is_the_documented_object_and_nothing_else(aws, agent, command, capsys, words):
    assert command(*words, "-e", "staging", "--plan", "--json") == 0
    report = PlanReport.model_validate(json.loads(capsys.readouterr().out))
    assert (report.environment, report.account, report.region) == ("staging", "123456789012", "eu-central-1")
    assert report.changes
    assert report.services[0].writes
    assert bool(report.checks) == (report.unchecked_because is None), "a preflight, or why there is none"
    assert aws.writes == []


@pytest.mark.parametrize("words", VERBS.values(), ids=VERBS)
def test_its_last_line_is_the_command_that_does_it(aws, agent, command, capsys, words):
    assert command(*words, "--plan", "-e", "staging") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    quoted = ("'a b'" if word == "a b" else word for word in words)
    assert last == f"to do it: appdeploy {' '.join(quoted)} -e staging"


def test_of_plan_it_is_that_of_deploy(aws, agent, command, capsys):
    assert command("plan", "-e", "staging", "--version", "v1") == 0
    assert capsys.readouterr().out.endswith("to do it: appdeploy deploy -e staging --version v1\n")


def test_where_nothing_would_be_done_there_is_none(aws, agent, command, capsys):
    assert command("plan", "-e", "staging", "--version", "v2") == 0
    assert command("scale", "agent", "2", "-e", "staging", "--plan") == 0
    assert "to do it" not in capsys.readouterr().out


def test_what_would_be_refused_exits_10_with_its_table(aws, agent, command, capsys):
    agent.configuration |= {"alarms": {"alarmNames": ["5xx"], "enable": True, "rollback": True}}
    aws.alarms = {"5xx": "ALARM"}
    assert command("config", "set", "agent", "LOG_LEVEL=debug", "-e", "staging", "--plan") == 10
    out = capsys.readouterr().out
    assert "setting: LOG_LEVEL: info -> debug" in out
    assert "preflight: a release would be refused" in out
    assert "to do it" not in out


def test_a_rollback_is_shown_without_what_cannot_be_read(aws, agent, command, capsys):
    aws.answers["DescribeTargetGroups"] = [AwsSays("AccessDenied")] * 4
    assert command("rollback", "-e", "staging", "--plan") == 0
    out = capsys.readouterr().out
    assert "agent: v2 " in out
    assert "expected" not in out
