"""`appdeploy scale`: how many tasks a service runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import click

from appdeploy.cli.options import (
    environment_option,
    examples,
    gathered,
    json_option,
    plan_option,
    reason_options,
    region_option,
    yes_option,
)
from appdeploy.cli.release_options import lock_wait_option

_UNITS = {"d": 86400, "h": 3600, "m": 60}
_SHAPE = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,3})h)?(?:(\d{1,4})m)?")
_LONGEST = timedelta(days=7)


def _duration(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    if value is None:
        return None
    found = _SHAPE.fullmatch(value)
    seconds = sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True)) if found else 0
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise click.BadParameter(f"{value!r} is no duration from 1m to 7d, such as 30m, 2h or 1d12h")
    return timedelta(seconds=seconds)


@dataclass(frozen=True)
class _Count:
    count: int | None
    hold: timedelta | None
    release: bool


@dataclass(frozen=True)
class _How:
    timeout: int
    lock_wait: int
    only_plan: bool
    as_json: bool
    yes: bool


_EXAMPLES = examples(
    "appdeploy scale agent 6 -e production --hold 2h --reason 'load test'",
    "appdeploy scale agent --release -e production",
)


@click.command("scale", short_help="Change how many tasks a service runs.", epilog=_EXAMPLES)
@click.argument("service", metavar="SERVICE")
@click.argument("count", metavar="[COUNT]", type=click.IntRange(0, 5000), required=False)
@environment_option
@click.option(
    "--hold", metavar="DURATION", callback=_duration, help="Suspend autoscaling first, and for how long: 30m, 2h, 1d12h."
)
@click.option("--release", is_flag=True, help="End a hold: autoscaling decides again.")
@reason_options
@click.option(
    "--timeout", type=click.IntRange(min=1), default=600, show_default=True, metavar="SECONDS", help="How long to watch."
)
@lock_wait_option
@plan_option
@yes_option
@json_option("Print one JSON object per line for each event (docs/events.md), and nothing else.")
@region_option
@gathered(_Count, "asked")
@gathered(_How, "how")
def command(
    service: str,
    asked: _Count,
    environment: str,
    reason: str | None,
    change_ticket: str | None,
    how: _How,
    region: str | None,
) -> int:
    """Run COUNT tasks of SERVICE, within autoscaling's bounds, and watch until they do.

    Autoscaling may move the count again at its next decision; --hold keeps it off. A hold that is over ends with the next
    scale of the service, and is shown by `appdeploy status` until then. Exit status: 0 as many tasks run as were asked for,
    10 refused, 11 locked, 23 the count was changed meanwhile, 24 not done within the time.
    """
    if asked.hold and asked.release:
        raise click.UsageError("--hold begins a hold and --release ends one: give one of them")
    if asked.count is None and not asked.release:
        raise click.UsageError("Missing argument COUNT; it may be left out with --release alone")
    from appdeploy.app.console import open_console
    from appdeploy.app.scale import scale
    from appdeploy.scaling.plan import ScaleRequest
    from appdeploy.scaling.read import Request, prepare_scale

    count = ScaleRequest(asked.count, asked.hold, asked.release)
    request = Request(environment, service, count, reason, change_ticket)
    if how.only_plan:
        from appdeploy.cli.show_plan import show_plan
        from appdeploy.plan.preview_scale import preview_scale

        return show_plan(lambda clients: preview_scale(prepare_scale(request, clients)), region, as_json=how.as_json)
    with open_console(environment, as_json=how.as_json, asks=not how.yes) as console:
        return scale(
            lambda clients: prepare_scale(request, clients), region, console, timeout=how.timeout, lock_wait=how.lock_wait
        ).exit_code
