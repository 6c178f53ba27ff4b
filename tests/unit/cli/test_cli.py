"""The command line: usage errors, exit statuses, and what may not be loaded before it is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from appdeploy import cli
from appdeploy.cli.commands import TOP_LEVEL
from tests.support.release_scenario import AwsSays, Moment, up


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["deploy"],
        ["deploy", "-e", "staging"],
        ["deploy", "-e", "Staging", "--version", "v1"],
        ["deploy", "-e", "staging", "--version", "v 1"],
        ["deploy", "-e", "staging", "--version", ""],
        ["deploy", "-e", "staging", "--version", "a" * 129],
        ["deploy", "-e", "staging", "--version", "v1", "--service", "agent,"],
        ["deploy", "-e", "staging", "--version", "v1", "--until", "tomorrow"],
        ["deploy", "-e", "staging", "--version", "v1", "--timeout", "0"],
        ["deploy", "-e", "staging", "--version", "v1", "--force"],
        ["status"],
        ["stauts"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_2_and_calls_nobody(arguments, aws):
    assert CliRunner().invoke(cli.cli, arguments).exit_code == 2
    assert aws.calls == []


def test_a_usage_error_is_one_line_that_says_where_help_is(command, capsys):
    assert command("deploy", "-e", "staging") == 2
    error = capsys.readouterr().err
    assert error == "appdeploy: Missing option '--version'. (see appdeploy deploy --help)\n"


@pytest.mark.parametrize(
    ("typed", "meant"), [("stauts", "status"), ("deploi", "deploy"), ("rolback", "rollback"), ("relases", "releases")]
)
def test_a_mistyped_command_is_told_what_was_probably_meant(command, capsys, typed, meant):
    assert command(typed, "-e", "staging") == 2
    assert f"No such command '{typed}'. Did you mean {meant}" in capsys.readouterr().err


def test_nothing_is_suggested_where_nothing_is_like_it(command, capsys):
    assert command("xyzzy") == 2
    assert "Did you mean" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("deploy", "-e", "staging", "--verson", "v1"), " Did you mean --version?"),
        (("deploy", "-e", "staging", "--servce", "agent"), " Did you mean --service?"),
        (("status", "-e", "staging", "--lock-wai", "60"), ""),
        (("releases", "show", "latest", "--enviroment", "staging"), " Did you mean --environment?"),
    ],
)
def test_a_mistyped_option_is_told_what_was_meant_and_nothing_else(command, capsys, words, meant):
    assert command(*words) == 2
    assert f"No such option '{words[3]}'.{meant} (see appdeploy {words[0]}" in capsys.readouterr().err


def test_a_service_without_a_version_is_told_how_to_give_it_one(command, capsys):
    assert command("deploy", "-e", "staging", "-s", "agent") == 2
    assert "with a version for each service: -s agent=VERSION." in capsys.readouterr().err


def test_a_mistyped_service_is_told_what_was_probably_meant(aws, command, capsys):
    aws.environment(aws.released("agent"), aws.released("orchestrator"))
    assert command("deploy", "-e", "staging", "-s", "agnet", "--version", "v2") == 10
    assert "has no service agnet: it has agent, orchestrator. Did you mean agent?" in capsys.readouterr().err


def test_the_version_names_commit_and_schemas(command, capsys):
    assert command("--version") == 0
    out = capsys.readouterr().out
    assert re.fullmatch(
        r"appdeploy \S+ \((commit [0-9a-f]+(-dirty)?|not from a working copy)\);"
        r" schemas: contract 1\.\d+, ledger 1\.\d+, events 1\.\d+\n",
        out,
    ), out


@pytest.mark.parametrize("way", ["option", "variable"])
def test_debug_shows_each_call_and_no_value(aws, command, capsys, monkeypatch, way):
    monkeypatch.setenv("APPDEPLOY_DEBUG", "1" if way == "variable" else "")
    aws.environment(aws.released())
    assert command(*(["--debug"] if way == "option" else []), "status", "-e", "staging") == 0
    out, err = capsys.readouterr()
    assert "agent: v1" in out
    calls = [line for line in err.splitlines() if line.startswith("appdeploy: debug: ")]
    assert len(calls) == len(aws.calls)
    assert any(re.search(r"debug: ecs:DescribeServices: \S+ after \d+ ms, request \S+, attempt 1", line) for line in calls)
    assert "axonflow-staging" not in err


def test_without_it_no_call_is_shown(aws, command, capsys):
    aws.environment(aws.released())
    assert command("status", "-e", "staging") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_commands_and_options(shell, monkeypatch, capsys):
    monkeypatch.setenv("COMP_WORDS", "appdeploy roll")
    monkeypatch.setenv("COMP_CWORD", "roll" if shell == "fish" else "1")
    monkeypatch.setenv("_APPDEPLOY_COMPLETE", f"{shell}_complete")
    with pytest.raises(SystemExit):
        cli.cli.main([], prog_name="appdeploy")
    assert "rollback" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["-e", "--env", "--environment"])
def test_the_environment_has_three_spellings(option, command, aws, capsys):
    aws.environment(aws.released())
    assert command("status", option, "staging") == 0


@pytest.mark.parametrize(
    ("given", "released"),
    [
        ([], {"agent", "orchestrator", "portal"}),
        (["--service", "all"], {"agent", "orchestrator", "portal"}),
        (["--service", "agent,portal"], {"agent", "portal"}),
        (["--service", "agent, portal"], {"agent", "portal"}),
        (["--service", "agent", "--service", "portal"], {"agent", "portal"}),
        (["-s", "agent", "-s", "agent"], {"agent"}),
    ],
)
def test_services_as_people_type_them(given, released, command, aws):
    for name in ("agent", "orchestrator", "portal"):
        service = aws.released(name)
        service.script = [Moment(), Moment((up(1), up(2)), status="SUCCESSFUL", rollout="COMPLETED")]
        aws.environment(*(item for item in aws.services.values()), service)
    assert command("deploy", "-e", "staging", "--version", "v2", *given) == 0
    updated = {call["service"].rsplit("-", 2)[1] for name, call in aws.writes if name == "UpdateService"}
    assert updated == released


def test_a_good_release_in_a_pipe_is_plain_lines(command, aws, capsys):
    aws.scripted(Moment(), Moment((up(1), up(2))), Moment((up(1), up(2)), status="SUCCESSFUL", rollout="COMPLETED"))
    assert command("deploy", "-e", "staging", "--version", "v2") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    lines = out.splitlines()
    assert "agent: v1 -> v2 (sha256:000000000000)" in lines
    assert "agent: live: 2 of 2 new tasks run, 2 healthy" in lines
    assert any(line.startswith("agent: live after ") and line.endswith("serving now: v2 serves (2 tasks)") for line in lines)


def test_a_failed_release_names_its_cause_on_standard_error(command, aws, capsys):
    aws.crashing()
    aws.log_lines = ["no \x1b[31mdatabase\x1b[0m"]
    assert command("deploy", "-e", "staging", "--version", "v2") == 21
    out, err = capsys.readouterr()
    assert err == "appdeploy: agent: rolled-back: 2 tasks exited with code 1; last log lines:\n  | no database\n"
    assert "serving now: v1 serves again (2 tasks)" in out


def test_the_running_version_says_that_nothing_was_changed(command, aws, capsys):
    aws.environment(aws.released(version="v2"))
    assert command("deploy", "-e", "staging", "--version", "v2") == 0
    assert "agent: unchanged: v2 already serves; nothing was changed" in capsys.readouterr().out


def test_a_refusal_exits_10_with_one_line(command, aws, capsys):
    aws.environment(aws.released())
    assert command("deploy", "-e", "staging", "--version", "v7") == 10
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("appdeploy: agent: ")
    assert err.count("\n") == 1


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_exits_130(command, aws, capsys):
    aws.environment(aws.released())
    assert command("deploy", "-e", "staging", "--version", "v2") == 130
    assert "watches it again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["status"], ["plan", "--version", "v2"], ["deploy", "--version", "v2"], ["scale", "agent", "3"]]
)
def test_an_interruption_before_anything_was_sent_says_so(command, aws, capsys, arguments):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [KeyboardInterrupt()]
    assert command(*arguments, "-e", "staging") == 130
    assert capsys.readouterr().err.strip() == "appdeploy: interrupted; nothing was changed"


def test_an_interruption_of_a_freeze_says_where_to_look(command, aws, capsys):
    aws.environment(aws.released())
    aws.answers["UpdateItem"] = [KeyboardInterrupt()]
    assert command("lock", "-e", "staging", "--reason", "x") == 130
    line = "appdeploy: interrupted; `appdeploy status -e staging` shows whether it is frozen"
    assert capsys.readouterr().err.strip() == line


def test_sigterm_ends_every_command_as_ctrl_c_does():
    program = "import os; from appdeploy import cli; cli.cli.main = lambda *_, **__: os.kill(os.getpid(), 15); cli.main()"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, "appdeploy: interrupted; nothing was changed\n")


def test_output_to_a_full_disk_is_one_line_and_the_status_stays(command, aws, capsys, monkeypatch):
    aws.environment(aws.released(version="v2"))
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert command("deploy", "-e", "staging", "--version", "v2") == 0
        assert command("status", "-e", "staging", "--json") == 0
    said = "appdeploy: standard output could not be written: No space left on device; nothing more is shown there\n"
    assert capsys.readouterr().err == said


def test_help_to_a_full_disk_is_one_line_too():
    program = [sys.executable, "-c", "from appdeploy import cli; cli.main()", "--help"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "appdeploy: standard output could not be written: No space left on device; nothing more is shown there\n"
    assert (ended.returncode, ended.stderr) == (0, said)


def test_an_error_that_nobody_foresaw_is_one_line_too(command, aws, capsys):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [{"services": [{}]}]
    assert command("status", "-e", "staging") == 1
    err = capsys.readouterr().err
    assert err.startswith("appdeploy: unexpected KeyError")
    assert err.count("\n") == 1


def test_status_that_cannot_be_read_exits_10(command, aws, capsys):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [AwsSays("AccessDeniedException", "no")]
    assert command("status", "-e", "staging") == 10


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in TOP_LEVEL)])
def test_help_loads_neither_the_sdk_nor_rich_nor_pydantic(arguments):
    program = (
        "import sys; from appdeploy.cli import run; status = run(sys.argv[1:]);"
        "heavy = {'boto3', 'botocore', 'rich', 'pydantic'} & set(sys.modules);"
        "sys.exit(f'loaded {heavy}' if heavy else status)"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: appdeploy" in done.stdout


def test_help_lists_every_command_with_its_own_summary():
    out = CliRunner().invoke(cli.cli, ["--help"]).output
    for name in TOP_LEVEL:
        assert f"  {name}  " in out
