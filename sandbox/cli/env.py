"""`sandbox env`: the variables with which a shell works on the sandbox."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.cli.up import say
from sandbox.engine import ensure
from sandbox.environment import shell_lines, variables
from sandbox.home import home


@click.command()
@click.option(
    "--role",
    metavar="NAME",
    help="As a session of that role, by its name or ending, such as `release`; without, as the account's root.",
)
def env(role: str | None) -> None:
    """Print shell commands; use them by eval "$(sandbox env)"."""
    sandbox = home()
    running = supervisor.require(sandbox)
    values = variables(sandbox, running, ensure(say))
    if role is not None:
        from sandbox.session import assume  # boto3 takes as long to import as everything else here

        values |= assume(running, role)
    click.echo(shell_lines(values))
