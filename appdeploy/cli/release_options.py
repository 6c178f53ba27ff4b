"""Options of the commands that start a deployment, and the way from them to an exit status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import (
    atomic_option,
    environment_option,
    gathered,
    incident_option,
    json_option,
    plan_option,
    reason_options,
    region_option,
    services_option,
    yes_option,
)
from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.model.operation import Operation
    from appdeploy.model.plan import ReleasePlan
    from appdeploy.plan.prepare import Request


@dataclass(frozen=True)
class ConsoleOptions(ReleaseOptions):
    """The same, and how it is shown at this console."""

    as_json: bool = False
    """Whether events are printed as lines of JSON, and nothing else on standard output."""
    yes: bool = False
    """Whether nothing is asked."""


def release_options(function: Callable[..., int]) -> Callable[..., int]:
    """Reason, confirmation, lock and watch of a release; the command gets them as `options`."""
    return reason_options(yes_option(lock_wait_option(_on_interrupt(_gathered(function)))))


@dataclass(frozen=True)
class SameVersion:
    """What is to be replaced by a release that brings no image."""

    environment: str
    services: tuple[str, ...]
    incident: str | None
    atomic: bool | None
    only_plan: bool
    region: str | None


def same_version_options(function: Callable[..., int]) -> Callable[..., int]:
    """Options of such a release; the command gets them as `target` and `options`."""
    ours = plan_option(release_options(region_option(gathered(SameVersion, "target")(function))))
    return environment_option(services_option(incident_option(atomic_option(ours))))


def run_same_version(operation: Operation, target: SameVersion, options: ConsoleOptions) -> int:
    """Carry such a release out, and return the exit status of its worst service."""
    from appdeploy.plan.prepare import Request

    request = Request(target.environment, operation, target.services, target.incident, target.atomic)
    return run_request(request, target.region, options, only_plan=target.only_plan)


def run_request(request: Request, region: str | None, options: ConsoleOptions, *, only_plan: bool) -> int:
    """Plan a request and carry it out, or show the plan alone. Returns the exit status."""
    if only_plan:
        from appdeploy.cli.show_plan import show_plan
        from appdeploy.plan.preview import read_preview

        return show_plan(lambda clients: read_preview(request, clients), region, as_json=options.as_json)
    from appdeploy.plan.prepare import Prepared, prepare

    made: list[Prepared] = []

    def make_plan(clients: Clients) -> ReleasePlan:
        made.append(prepare(request, clients))
        return made[-1].cleared()

    def details(clients: Clients) -> Iterator[str]:
        from appdeploy.plan.preview import preview_of
        from appdeploy.render.plan import service_lines

        try:
            yield from service_lines(preview_of(made[-1], clients))
        except Refused as error:  # The plan's own lines are shown already.
            yield from error.lines

    return run(make_plan, request.environment, region, options, details)


def resume_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a release that has begun: its reason is in the ledger."""
    return lock_wait_option(_on_interrupt(_gathered(function)))


def rollback_options(function: Callable[..., int]) -> Callable[..., int]:
    """The same for a rollback, which waits for no lock and does not need the table: `--without-ledger`."""
    return reason_options(_without_ledger(_gathered(function)))


def _gathered(function: Callable[..., int]) -> Callable[..., int]:
    """`--until`, `--timeout`, `--patient` and `--json`; these and all that belongs to ConsoleOptions are given as one value."""
    return _until(_timeout(_patient(_json(gathered(ConsoleOptions, "options")(function)))))


def run(
    prepare: Callable[[Clients], ReleasePlan],
    environment: str,
    region: str | None,
    options: ConsoleOptions,
    details: Callable[[Clients], Iterable[str]] = lambda _: (),
) -> int:
    """Carry a plan out at this console, and return the exit status of its worst service."""
    from appdeploy.app.console import open_console
    from appdeploy.app.release import release

    with open_console(environment, as_json=options.as_json, asks=not options.yes) as console:
        return release(prepare, environment, region, options, console, details).exit_code


_until = click.option(
    "--until",
    type=click.Choice(["live", "complete"]),
    help="Return when all new tasks serve, or when ECS has finished too. Default: live at a terminal, else complete.",
)
_timeout = click.option(
    "--timeout", type=click.IntRange(min=1), default=1200, show_default=True, metavar="SECONDS", help="How long to watch."
)
_patient = click.option("--patient", is_flag=True, help="Leave a failing release to ECS's circuit breaker and alarms.")
_json = json_option("Print one JSON object per line for each event (docs/events.md), and nothing else.")
lock_wait_option = click.option(
    "--lock-wait",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait while another release is running or the environment is frozen.",
)
_on_interrupt = click.option(
    "--on-interrupt",
    type=click.Choice(["leave", "rollback"]),
    default="leave",
    show_default=True,
    help="On Ctrl-C or SIGTERM: leave the release to ECS and stop watching, or roll back and watch that.",
)
_without_ledger = click.option("--without-ledger", is_flag=True, help="Do not use the releases table: neither lock nor record.")
