"""The command table says what each command really does to lock, ledger, contract and AWS."""

from __future__ import annotations

import shlex

import click
import pytest

from appdeploy.cli import cli
from appdeploy.cli.commands import COMMANDS, TOP_LEVEL, Command, Ledger, Lock
from appdeploy.model.contract import Scaling
from tests.support.fake_aws import FakeAws, Kill
from tests.support.release_scenario import DONE, LONG_AGO, Moment

READS = ("Describe", "List", "Get", "BatchGet", "Query", "AssumeRole")
RECORDS = ("dynamodb", "events")
"""Lock, ledger and notifications have columns of their own."""
FREEZE = {"M": {"who": {"S": "bob"}, "since": {"S": "2026-11-25T10:00:00+00:00"}, "reason": {"S": "drill"}}}
SETTINGS = "/axonflow/staging/config/agent/"
LINES = {
    "plan": "plan -e staging --version v3",
    "deploy": "deploy -e staging --version v3",
    "rollback": "rollback -e staging",
    "resume": "resume -e staging",
    "sync": "sync -e staging",
    "restart": "restart -e staging",
    "status": "status -e staging",
    "releases": "releases -e staging",
    "releases show": "releases show RELEASE -e staging",
    "report": "report RELEASE -e staging",
    "scale": "scale agent 3 -e staging",
    "config": "config list agent -e staging",
    "config list": "config list agent -e staging",
    "config set": "config set agent LOG_LEVEL=debug -e staging",
    "config unset": "config unset agent LOG_LEVEL -e staging",
    "lock": "lock -e staging --reason test",
    "unlock": "unlock -e staging",
}


def by_name(command: Command) -> str:
    return command.name


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> set[str]:
    context = click.Context(group, **cli.context_settings)
    names = set()
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        names.add(" ".join((*path, name)))
        if isinstance(found, click.Group):
            names |= every_command(found, (*path, name))
    return names


def test_every_command_has_a_row():
    assert {command.name for command in COMMANDS} == every_command(cli)
    assert all(command.summary for command in TOP_LEVEL.values())


@pytest.mark.parametrize("command", COMMANDS, ids=by_name)
def test_every_help_page_has_examples_that_parse(command):
    found, context = cli, click.Context(cli, info_name="appdeploy", **cli.context_settings)
    for word in command.name.split():
        found = found.get_command(context, word)
        context = click.Context(found, info_name=word, parent=context)
    page = found.get_help(context)
    examples = [line.strip() for line in page.partition("Examples:")[2].splitlines() if line.strip()]
    assert 1 <= len(examples) <= 3
    for example in examples:
        words = shlex.split(example)
        assert words[0] == "appdeploy"
        given = words[1 + len(command.name.split()) :]
        if isinstance(found, click.Group) and given and given[0] in found.list_commands(context):
            continue  # The subcommand's own page is looked at too.
        found.make_context(command.name, given, parent=context.parent)


@pytest.fixture
def environment(aws: FakeAws) -> None:
    """Staging with one service that was released twice."""
    agent = aws.released("agent", "v1", scaling=Scaling(minimum=1, maximum=6))
    agent.history = ((agent.contract.template, "SUCCESSFUL"),)
    aws.environment(agent, versions=("v1", "v2", "v3"))
    aws.remember(agent, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    aws.minimums["axonflow-staging-agent-service"] = 1
    definition = aws.task_definitions[agent.task_definition]["taskDefinition"]
    aws.settings[f"{SETTINGS}LOG_LEVEL"] = [("info", LONG_AGO), ("warning", LONG_AGO)]
    reads = {"name": "LOG_LEVEL", "valueFrom": f"arn:aws:ssm:eu-central-1:123456789012:parameter{SETTINGS}LOG_LEVEL"}
    definition["containerDefinitions"][0]["secrets"].append(reads)


def prepared_line(name: str, aws: FakeAws, command) -> list[str]:
    """The command line, with what has to have happened before."""
    [agent] = aws.services.values()
    agent.script = [Moment(), DONE]
    if "RELEASE" in LINES[name]:
        assert command("restart", "-e", "staging") == 0
    if name == "resume":
        aws.kill = Kill("RegisterTaskDefinition")
        command("deploy", "-e", "staging", "--version", "v3")
        aws.dead = False
        aws.let_lease_pass()
    if name == "sync":
        aws.move_template(agent)
    aws.calls.clear()
    return LINES[name].replace("RELEASE", aws.ledger[0].id if aws.ledger else "").split()


@pytest.mark.parametrize("row", COMMANDS, ids=by_name)
def test_what_a_command_changes_and_records(row, environment, aws, command):
    line = prepared_line(row.name, aws, command)
    entries = {entry.id: entry.version for entry in aws.ledger}
    assert command(*line) == 0
    changed = {call for service, call, _ in aws.calls if service not in RECORDS and not call.startswith(READS)}
    assert bool(changed) is (row.changes != "-"), changed
    wrote = {entry.id: entry.version for entry in aws.ledger} != entries
    assert wrote or row.ledger is not Ledger.WRITES
    assert not wrote or row.ledger in (Ledger.WRITES, Ledger.SETTLES)
    if row.ledger is Ledger.NONE:
        assert not aws.count("Query"), "the ledger is not even read"


@pytest.mark.parametrize("row", COMMANDS, ids=by_name)
def test_what_a_command_does_with_the_lock(row, environment, aws, command):
    line = prepared_line(row.name, aws, command)
    aws.lock_item = {"fence": {"N": "7"}, "beat": {"N": "3"}, "freeze": FREEZE}
    code, after = command(*line), aws.lock_item
    asked = [params for service, _, params in aws.calls if service == "dynamodb" and "LOCK" in str(params)]
    match row.lock:
        case Lock.NONE:
            assert (code, asked) == (0, [])
        case Lock.READS:
            assert (after["fence"], after["freeze"]) == ({"N": "7"}, FREEZE)
            assert code in (0, 10), "a plan says that the freeze blocks it"
        case Lock.TAKES:
            assert (code, after["fence"]) == (11, {"N": "7"}), "a freeze blocks it"
        case Lock.TAKES_OVER:
            assert (code, after["fence"], after["freeze"]) == (0, {"N": "8"}, FREEZE)
        case Lock.FREEZES:
            assert (code, after["freeze"]) == (11, FREEZE)
        case Lock.UNFREEZES:
            assert (code, "freeze" in after) == (0, False)


@pytest.mark.parametrize("row", COMMANDS, ids=by_name)
def test_which_commands_need_the_contract(row, environment, aws, command):
    line = prepared_line(row.name, aws, command)
    aws.parameters.clear()
    assert command(*line) == (10 if row.needs_contract else 0)
