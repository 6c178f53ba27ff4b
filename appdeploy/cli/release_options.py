"""Options of the commands that start a deployment, and the way from them to an exit status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import json_option, reason_options

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.plan import ReleasePlan


def release_options(function: Callable[..., int]) -> Callable[..., int]:
    """Reason, lock and watch of a release; the command gets them as `options`."""
    return reason_options(_lock_wait(_on_interrupt(_gathered(function))))


def resume_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a release that has begun: its reason is in the ledger."""
    return _lock_wait(_on_interrupt(_gathered(function)))


def rollback_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a rollback, which waits for no lock and does not need the table: `--without-ledger`."""
    return reason_options(_without_ledger(_gathered(function)))


def _gathered(function: Callable[..., int]) -> Callable[..., int]:
    """`--until`, `--timeout`, `--patient` and `--json`; these and all that belongs to ReleaseOptions are given as one value."""
    names = {field.name for field in fields(ReleaseOptions)}

    @wraps(function)
    def command(**given: Any) -> int:
        ours = {name: given.pop(name) for name in names & given.keys()}
        return function(options=ReleaseOptions(**ours), **given)

    return _until(_timeout(_patient(_json(command))))


def run(prepare: Callable[[Clients], ReleasePlan], environment: str, region: str | None, options: ReleaseOptions) -> int:
    """Carry a plan out at this console, and return the exit status of its worst service."""
    from appdeploy.app.console import open_console
    from appdeploy.app.release import release

    with open_console(environment, as_json=options.as_json) as console:
        return release(prepare, environment, region, options, console).exit_code


_until = click.option(
    "--until",
    type=click.Choice(["live", "complete"]),
    help="Return when all new tasks serve, or when ECS has finished too. Default: live at a terminal, else complete.",
)
_timeout = click.option(
    "--timeout", type=click.IntRange(min=1), default=1200, show_default=True, metavar="SECONDS", help="How long to watch."
)
_patient = click.option("--patient", is_flag=True, help="Leave a failing release to ECS's circuit breaker and alarms.")
_json = json_option("Print a JSON object a line for each event (docs/events.md), and nothing else.")
_lock_wait = click.option(
    "--lock-wait",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait while another release is at work or the environment is frozen.",
)


_on_interrupt = click.option(
    "--on-interrupt",
    type=click.Choice(["leave", "rollback"]),
    default="leave",
    show_default=True,
    help="On Ctrl-C or SIGTERM: leave the release to ECS and stop watching, or ask for the way back and watch that.",
)
_without_ledger = click.option(
    "--without-ledger", is_flag=True, help="Do not try the releases table: neither the lock nor the record."
)
