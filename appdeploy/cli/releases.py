"""`appdeploy releases`: the history of an environment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import (
    environment_option,
    examples,
    gathered,
    json_option,
    optional_environment_option,
    region_option,
    say_environment,
)
from appdeploy.model.outcome import Outcome

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class _Asked:
    """Which releases."""

    only_open: bool
    service: str | None
    outcome: str | None
    since: datetime | None


_EXAMPLES = examples(
    "appdeploy releases -e production",
    "appdeploy releases -e production --service agent --outcome rolled-back --since 2026-11-01",
    "appdeploy releases show upgrade-2026-1130-143000-abc123 -e production",
)
_SHOW_EXAMPLES = examples("appdeploy releases show upgrade-2026-1130-143000-abc123 -e production")


@click.group("releases", invoke_without_command=True, short_help="List the releases.", epilog=_EXAMPLES)
@optional_environment_option
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.option("--before", metavar="RELEASE", help="Only those older than this one: the next page.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not settled.")
@click.option("-s", "--service", metavar="SERVICE", help="Only those that changed this service.")
@click.option("--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only those that ended so.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), help="Only those started since then, UTC."
)
@json_option("Print one JSON array.")
@region_option
@gathered(_Asked, "asked")
@click.pass_context
def command(
    context: click.Context,
    environment: str | None,
    limit: int,
    before: str | None,
    asked: _Asked,
    as_json: bool,
    region: str | None,
) -> int:
    """List an environment's releases, newest first, each with its outcome; `releases show RELEASE` shows one in full.

    What ECS has decided since a command ended is looked up, and written to the ledger. Exit status: 0, or 10 when the
    ledger cannot be read.
    """
    if context.invoked_subcommand is not None:
        return 0
    if environment is None:
        raise click.UsageError("Missing option '-e' / '--env' / '--environment'", context)
    say_environment(context, environment)
    from appdeploy.reconcile.list import Wanted, list_releases
    from appdeploy.render.releases import json_lines, release_lines

    name = environment
    show = json_lines if as_json else release_lines
    since = asked.since.replace(tzinfo=UTC) if asked.since else None
    wanted, only_open = Wanted(asked.service, asked.outcome, since), asked.only_open
    return _show(lambda clients: show(list_releases(clients, name, limit, before, only_open=only_open, wanted=wanted)), region)


@command.command("show", short_help="Show one release.", epilog=_SHOW_EXAMPLES)
@click.argument("release", metavar="RELEASE")
@environment_option
@json_option("Print one JSON object.")
@region_option
def show_command(release: str, environment: str, as_json: bool, region: str | None) -> int:
    """Show who made a release, why, what it changed, each step with its time, and how it ended."""
    from appdeploy.reconcile.list import read_release
    from appdeploy.render.releases import detail_lines, json_of

    def show(clients: Clients) -> list[str]:
        reading = read_release(clients, environment, release)
        return [json.dumps(json_of(reading), indent=2)] if as_json else list(detail_lines(reading))

    return _show(show, region)


def _show(lines: Callable[[Clients], Iterable[str]], region: str | None) -> int:
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.plain import write

    write(sys.stdout, lines(connect(region)))
    return ExitCode.OK
