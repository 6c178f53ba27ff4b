"""APPDEPLOY_ENVIRONMENT stands for `-e`, and a command that uses it shows the name."""

from __future__ import annotations

import json

import pytest

from appdeploy.cli.options import ENVIRONMENT_VARIABLE

SAID = f"appdeploy: environment staging, by {ENVIRONMENT_VARIABLE}\n"


@pytest.fixture
def by_variable(monkeypatch, aws):
    aws.environment(aws.released())
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "staging")


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("plan", "--version", "v2"),
        ("rollback", "--list"),
        ("config", "list", "agent"),
        ("releases",),
        ("scale", "agent", "2", "--plan"),
        ("lock", "--reason", "x"),
        ("unlock",),
    ],
    ids=" ".join,
)
def test_it_stands_for_the_option_and_is_said_once(words, by_variable, command, capsys):
    assert command(*words) == 0
    assert capsys.readouterr().err.count(SAID) == 1


def test_a_group_and_its_command_say_it_once(by_variable, command, run, capsys):
    run()
    capsys.readouterr()
    assert command("releases", "show", "latest") == 0
    assert capsys.readouterr().err == SAID


def test_with_json_standard_output_has_nothing_else(by_variable, command, capsys):
    assert command("status", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["environment"] == "staging"
    assert err == SAID


def test_the_option_wins_and_nothing_is_said(by_variable, command, monkeypatch, capsys):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "production")
    assert command("status", "-e", "staging") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "words", [("releases", "-e", "staging", "show", "latest"), ("releases", "show", "latest", "-e", "staging")], ids=" ".join
)
def test_the_option_wins_before_and_after_the_command_of_a_group(words, by_variable, command, run, monkeypatch, capsys):
    run()
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "production")
    capsys.readouterr()
    assert command(*words) == 0
    assert capsys.readouterr().err == ""


def test_an_empty_one_is_none(by_variable, command, monkeypatch, capsys):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "")
    assert command("status") == 2
    assert "Missing option '-e'" in capsys.readouterr().err


def test_a_wrong_one_is_named(by_variable, command, monkeypatch, capsys):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "Staging!")
    assert command("status") == 2
    assert "'Staging!' (APPDEPLOY_ENVIRONMENT) cannot be an environment" in capsys.readouterr().err


def test_help_names_it(command, capsys):
    assert command("status", "--help") == 0
    assert "[env var: APPDEPLOY_ENVIRONMENT; required]" in " ".join(capsys.readouterr().out.split())
