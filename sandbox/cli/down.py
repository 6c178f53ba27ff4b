"""`sandbox down`: end the emulator and all that it serves."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.cli.up import alone
from sandbox.home import home


@click.command()
def down() -> None:
    """End the emulator. What it holds, and Pulumi's state with it, is gone."""
    sandbox = home()
    with alone(sandbox):
        stopped = supervisor.stop(sandbox)
    click.echo("the sandbox was not up" if stopped is None else f"the sandbox is down (pid {stopped.pid} has ended)")
