"""`sandbox env`: the variables with which a shell works on the sandbox."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.cli.up import say
from sandbox.engine import ensure
from sandbox.environment import shell_lines, variables
from sandbox.home import home


@click.command()
def env() -> None:
    """Print shell commands; use them by eval "$(sandbox env)"."""
    sandbox = home()
    click.echo(shell_lines(variables(sandbox, supervisor.require(sandbox), ensure(say))))
