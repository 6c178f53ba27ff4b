"""`sandbox up`: the emulator, the engine, and an empty Pulumi backend with both stacks."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

import click
from filelock import FileLock, Timeout

from sandbox import supervisor
from sandbox.control import Control
from sandbox.engine import Engine, ensure
from sandbox.environment import install_plugins, process_environment, variables
from sandbox.errors import SandboxError
from sandbox.home import PROJECT, Home, Running, home

STACKS = ("production", "staging")
"""Made in this order: the last one is the one that plain `pulumi` commands act on."""

OTHER_COMMAND_SECONDS = 120.0


def say(line: str) -> None:
    """Progress goes to standard error: standard output is for what a script may want."""
    click.echo(line, err=True)


@contextlib.contextmanager
def alone(sandbox: Home) -> Iterator[None]:
    """Hold the sandbox's lock: two commands that start or end it do so one after the other."""
    sandbox.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(sandbox.lock, timeout=OTHER_COMMAND_SECONDS):
            yield
    except Timeout:
        raise SandboxError("another `sandbox` command is still at work on this sandbox; try again when it is done") from None


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the AWS endpoint; 0 picks a free one.")
@click.option(
    "--profile",
    type=click.Choice(("fast", "aws")),
    help="How long things take: a release some seconds, or as long as on AWS.  [default: fast]",
)
@click.option(
    "--enforce-iam", is_flag=True, help="Let sessions of roles do what their policies allow, and no more (sandbox env --role)."
)
def up(port: int, profile: str | None, enforce_iam: bool) -> None:
    """Start the emulator, with an empty Pulumi state. Does nothing if it is running."""
    bring_up(home(), port, profile, enforce_iam=enforce_iam)
    if sys.stdout.isatty():
        click.echo('next: eval "$(sandbox env)", then pulumi and appdeploy work in that shell')


def bring_up(sandbox: Home, port: int, profile: str | None = None, *, enforce_iam: bool = False) -> tuple[Running, Engine]:
    """The running emulator and the engine, started and made where they are not there yet."""
    engine = ensure(say)
    with alone(sandbox):
        running = supervisor.find(sandbox)
        if running is not None:
            _refuse_another_port(running, port)
            refuse_another_profile(running, profile)
            refuse_to_enforce_from_now_on(running, enforce_iam)
            click.echo(f"the sandbox is already up: AWS at {running.endpoint} (pid {running.pid})")
            return running, engine
        started = time.monotonic()
        running = supervisor.start(sandbox, port, say, profile or "fast", enforce_iam=enforce_iam)
        _make_stacks(sandbox, running, engine)
    seconds = time.monotonic() - started
    click.echo(f"the sandbox is up: AWS at {running.endpoint} (pid {running.pid}), Pulumi {engine.version}, {seconds:.1f} s")
    return running, engine


def _refuse_another_port(running: Running, port: int) -> None:
    if port not in (0, int(running.endpoint.rsplit(":", 1)[1])):
        raise SandboxError(f"the sandbox is already up at {running.endpoint}; `sandbox down` first to move it to port {port}")


def refuse_another_profile(running: Running, profile: str | None) -> None:
    """Raise SandboxError when a profile is asked for that the running emulator does not have."""
    present = Control(running.endpoint).status()["profile"]
    if profile not in (None, present):
        raise SandboxError(f"the sandbox is already up with the profile {present}; `sandbox down` first to change it")


def refuse_to_enforce_from_now_on(running: Running, enforce_iam: bool) -> None:
    """Raise SandboxError when IAM is to be enforced by a running emulator that does not."""
    if enforce_iam and not Control(running.endpoint).status()["enforces_iam"]:
        raise SandboxError("the sandbox is already up and does not enforce IAM; `sandbox down` first to change it")


def _make_stacks(sandbox: Home, running: Running, engine: Engine) -> None:
    install_plugins(sandbox)
    environment = process_environment(variables(sandbox, running, engine))
    for stack in STACKS:
        made = subprocess.run(
            [engine.executable, "stack", "init", f"organization/axonflow/{stack}", "--non-interactive"],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            supervisor.stop(sandbox)
            raise SandboxError(f"pulumi stack init {stack}: {(made.stderr.strip() or made.stdout.strip()).splitlines()[-1]}")
