"""`sandbox behaviour`: change what images do that are in the registry already."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.control import Control
from sandbox.home import home


@click.command()
@click.argument("glob")
@click.argument("kind")
def behaviour(glob: str, kind: str) -> None:
    """Let the images whose repository:tag matches GLOB behave as KIND from now on.

    KIND is healthy, no-image, crash, unhealthy, crash:SECONDS, slow:SECONDS, task-fails:CODE, task-hangs, or a failure of
    the next few tasks alone: no-capacity:TASKS, pull-timeout:TASKS, spot:TASKS. Tasks that have pulled their image stay
    as they are.
    """
    for changed in Control(supervisor.require(home()).endpoint).set_behaviour(glob, kind):
        click.echo(f"{changed} ({kind})")
