"""`sandbox demo`: the main job, start to end."""

from __future__ import annotations

import click

import sandbox.demo
from sandbox.cli.up import bring_up
from sandbox.control import Control
from sandbox.environment import process_environment, variables
from sandbox.home import home


@click.command()
def demo() -> None:
    """Bring staging up with the real engine, release an image with the real command, and ask it through the load balancer."""
    place = home()
    running, engine = bring_up(place, port=0)
    environment = process_environment(variables(place, running, engine))
    sandbox.demo.run(environment, Control(running.endpoint), click.echo)
