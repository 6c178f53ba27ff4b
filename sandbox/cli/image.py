"""`sandbox image`: images in the emulated registry."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.control import Control
from sandbox.home import home


@click.group()
def image() -> None:
    """Images in the emulated registry."""


@image.command()
@click.argument("service")
@click.argument("version")
@click.option("--environment", "-e", default="staging", show_default=True, help="Whose repository.")
@click.option(
    "--behaviour",
    metavar="KIND",
    default="healthy",
    show_default=True,
    help="What its tasks do: healthy; no-image, cannot be pulled; crash, exit soon after the start; crash:SECONDS, "
    "after they have served so long; unhealthy, fail every health check; slow:SECONDS, start so much later; "
    "no-capacity:TASKS, pull-timeout:TASKS, spot:TASKS, so many tasks find no room, get no image, or lose their Spot capacity; "
    "task-fails:CODE, task-hangs, a command that RunTask gives it (the task before a rollout) exits so, or never.",
)
def push(service: str, version: str, environment: str, behaviour: str) -> None:
    """Put an image of SERVICE into the registry under the tag VERSION."""
    control = Control(supervisor.require(home()).endpoint)
    pushed = control.push_image(f"axonflow-{environment}-{service}", version, behaviour)
    click.echo(f"{pushed['image']} {pushed['digest']} ({behaviour})")


@image.command()
@click.argument("service")
@click.argument("version")
@click.option("--from", "source", default="staging", show_default=True, help="Whose repository has it.")
@click.option("--to", "target", default="production", show_default=True, help="Whose repository gets it.")
def copy(service: str, version: str, source: str, target: str) -> None:
    """Copy the image VERSION of SERVICE from one environment's repository to another's, as it is."""
    from sandbox.registry import copy_image  # boto3 takes as long to import as everything else here

    running = supervisor.require(home())
    repositories = [f"axonflow-{environment}-{service}" for environment in (source, target)]
    click.echo(f"{repositories[1]}:{version} {copy_image(running, version, *repositories)}")
