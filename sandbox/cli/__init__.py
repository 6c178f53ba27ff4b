"""The `sandbox` command: AWS and the Pulumi engine on this machine."""

from __future__ import annotations

import sys

import click

from sandbox.cli.behaviour import behaviour
from sandbox.cli.calls import calls
from sandbox.cli.demo import demo
from sandbox.cli.down import down
from sandbox.cli.env import env
from sandbox.cli.fault import fault
from sandbox.cli.image import image
from sandbox.cli.status import status
from sandbox.cli.up import up
from sandbox.engine import EngineMissing
from sandbox.errors import SandboxError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run the whole platform on this machine: an AWS emulator for the real Pulumi engine and the real appdeploy."""


for command in (up, down, status, env, image, behaviour, calls, fault, demo):
    cli.add_command(command)


def main() -> None:
    """Run the command line; every failure is one line on standard error and an exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SandboxError, EngineMissing) as error:
        click.echo(f"sandbox: {error}", err=True)
        sys.exit(getattr(error, "exit_code", 1))
    except (click.Abort, KeyboardInterrupt):
        click.echo("sandbox: interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as in `sandbox calls | head`
        sys.exit(0)
