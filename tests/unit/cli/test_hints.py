"""Every command that a message names can be pasted: it names the environment, and click takes it."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import appdeploy
from appdeploy.cli import cli
from appdeploy.cli.commands import TOP_LEVEL

SOURCE = Path(appdeploy.__file__).parent
HINT = re.compile(r"`?\bappdeploy (?:" + "|".join(TOP_LEVEL) + r")\b[^`;:,)]*`?")
WITHOUT_ENVIRONMENT = {
    "render/json_schema.py": "titles of schemas",
}
HELP = ("examples", "json_option", "option", "command")
"""Calls whose texts are help."""


def texts(path: Path) -> Iterator[str]:
    """What a module says: its texts but docstrings, help and examples, with a word for each value."""
    tree = ast.parse(path.read_text())
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in HELP:
            skipped |= {id(node) for part in (*call.args, *(key.value for key in call.keywords)) for node in ast.walk(part)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in skipped | inner:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "agent" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def hints() -> list[tuple[str, str]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        place = str(path.relative_to(SOURCE))
        if place not in WITHOUT_ENVIRONMENT and place != "cli/__init__.py":
            found += [(place, hint[0]) for text in texts(path) for hint in HINT.finditer(text)]
    return found


def test_there_are_hints_to_look_at():
    assert len(hints()) > 15


@pytest.mark.parametrize(("place", "hint"), hints())
def test_a_printed_command_names_its_environment_and_parses(place, hint):
    words = shlex.split(hint.strip("`").replace("COUNT", "6").replace("DURATION", "2h"))[1:]
    assert "-e" in words, f"{place}: {hint}"
    parse(cli, words)


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Raises click.UsageError for what the command line does not take. Nothing is run."""
    context = click.Context(command, parent, info_name=command.name)
    command.parse_args(context, words)
    rest = [*context._protected_args, *context.args]
    if isinstance(command, click.Group) and rest:
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        parse(found, rest, context)


def test_a_hint_that_does_not_parse_is_found():
    with pytest.raises(click.UsageError):
        parse(cli, ["status", "-e", "staging", "--lock-wait", "60"])
