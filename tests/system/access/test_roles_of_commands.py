"""The command table's roles are those under which the story runs each command with IAM enforced."""

from __future__ import annotations

from appdeploy.cli.commands import COMMANDS
from tests.system.access.story import STEPS


def test_each_command_is_run_under_the_role_that_the_table_names() -> None:
    run = {(step.role, word) for step in STEPS for word in (" ".join(step.words[:2]), step.words[0])}
    shown = {command.name for command in COMMANDS} - {"config", "releases show"}
    assert {(role, name) for role, name in run if name in shown} >= {
        (command.role, command.name) for command in COMMANDS if command.name in shown
    }
