"""The command reference: `python -m appdeploy.cli.reference` writes docs/cli.md from the help pages and the command table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from appdeploy.cli import cli
from appdeploy.cli.commands import COMMANDS, Command

PATH = Path(__file__).parents[2] / "docs" / "cli.md"
COMMAND = "python -m appdeploy.cli.reference"
_WIDTH = 110
_HEADINGS = ("command", "lock", "ledger", "contract", "role", "changes on AWS")


def reference_text() -> str:
    """The whole page."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Command reference"
    yield ""
    yield f"Written by `{COMMAND}` from the help pages; a test holds it to them. Terms: [glossary.md](glossary.md)."
    yield ""
    yield "## What each command touches"
    yield ""
    yield f"| {' | '.join(_HEADINGS)} |"
    yield "|---" * len(_HEADINGS) + "|"
    for command in COMMANDS:
        yield _row(command)
    yield ""
    yield from _section(("appdeploy",), cli)


def _row(command: Command) -> str:
    contract = "needed" if command.needs_contract else "used if readable"
    cells = (f"`{command.name}`", command.lock.value, command.ledger.value, contract, command.role, command.changes)
    return f"| {' | '.join(cells)} |"


def _section(path: tuple[str, ...], command: click.Command, parent: click.Context | None = None) -> Iterator[str]:
    width = {"terminal_width": _WIDTH, "max_content_width": _WIDTH}
    context = click.Context(command, info_name=path[-1], parent=parent, **{**command.context_settings, **width})
    yield f"## {' '.join(path)}"
    yield ""
    yield "```text"
    yield from (line.rstrip() for line in command.get_help(context).splitlines())
    yield "```"
    yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, "a command that is listed exists"
            yield from _section((*path, name), found, context)


if __name__ == "__main__":
    PATH.write_text(reference_text())
