"""`sandbox status`: whether the emulator runs, and what it serves."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.control import Control
from sandbox.errors import NotRunning
from sandbox.home import home


@click.command()
def status() -> None:
    """Say whether the sandbox is up, and where its load balancers answer."""
    sandbox = home()
    running = supervisor.find(sandbox)
    if running is None:
        former = sandbox.remembered()
        lost = f"; the emulator of before (pid {former.pid}) is gone, `sandbox up` starts afresh" if former else ""
        raise NotRunning(f"the sandbox is not up{lost}")
    shown = Control(running.endpoint).status()
    click.echo(f"AWS         {running.endpoint} (pid {running.pid}, {shown['calls']} calls so far)")
    for balancer in shown["load_balancers"]:
        click.echo(f"balancer    {balancer['address']} ({balancer['name']})")
    for service in shown["services"]:
        revision = service["task_definition"].rsplit("/", 1)[-1]
        click.echo(f"service     {service['name']}: {service['running']} of {service['desired']} tasks, {revision}")
