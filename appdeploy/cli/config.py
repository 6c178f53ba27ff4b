"""`appdeploy config`: settings that change without `pulumi up`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import (
    environment_option,
    examples,
    gathered,
    incident_option,
    json_option,
    plan_option,
    region_option,
)
from appdeploy.cli.release_options import ConsoleOptions, release_options, run

if TYPE_CHECKING:
    from appdeploy.settings.prepare import Request


_EXAMPLES = examples("appdeploy config list agent -e staging", "appdeploy config set agent LOG_LEVEL=debug -e staging")
_LIST_EXAMPLES = examples("appdeploy config list agent -e staging")
_SET_EXAMPLES = examples("appdeploy config set agent LOG_LEVEL=debug -e staging --reason 'slow requests'")
_UNSET_EXAMPLES = examples("appdeploy config unset agent LOG_LEVEL -e staging")


@click.group("config", short_help="List and change settings.", epilog=_EXAMPLES)
def command() -> None:
    """List and change what the stack file declares under `settings`: tasks read them when they start."""


@command.command("list", short_help="List settings.", epilog=_LIST_EXAMPLES)
@click.argument("service", metavar="SERVICE")
@environment_option
@json_option("Print one JSON object (docs/settings.schema.json).")
@region_option
def list_command(service: str, environment: str, as_json: bool, region: str | None) -> int:
    """List the settings of SERVICE: value, default, and how many running tasks have it.

    Exit status: 0, or 10 when they cannot be read.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.plain import write
    from appdeploy.settings.listing import list_settings, setting_lines

    listed = list_settings(connect(region), environment, service)
    if as_json:
        from appdeploy.settings.report import SettingsReport

        write(sys.stdout, [SettingsReport.of(environment, service, listed).model_dump_json(indent=2)])
    else:
        write(sys.stdout, setting_lines(service, listed))
    return ExitCode.OK


@dataclass(frozen=True)
class _Change:
    """Where settings are changed, and whether in spite of what blocks a release."""

    environment: str
    incident: str | None
    only_plan: bool
    region: str | None


def _change_options(function: Callable[..., int]) -> Callable[..., int]:
    return environment_option(
        incident_option(plan_option(release_options(region_option(gathered(_Change, "change")(function)))))
    )


@command.command("set", short_help="Change settings, and restart.", epilog=_SET_EXAMPLES)
@click.argument("service", metavar="SERVICE")
@click.argument("assignments", metavar="KEY=VALUE...", nargs=-1, required=True)
@_change_options
def set_command(service: str, assignments: tuple[str, ...], change: _Change, options: ConsoleOptions) -> int:
    """Write settings of SERVICE, replace its tasks by new ones that read them, and watch it to its outcome.

    Judged as strictly as a release: if the new tasks fail, the previous values are restored before ECS rolls back.
    Exit status: as `appdeploy deploy`.
    """
    from appdeploy.settings.prepare import Request, setting
    from appdeploy.settings.setting import parse_assignments

    values = setting(parse_assignments(assignments))
    return _apply(Request(change.environment, service, values, change.incident), change, options)


@command.command("unset", short_help="Return to the defaults, and restart.", epilog=_UNSET_EXAMPLES)
@click.argument("service", metavar="SERVICE")
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@_change_options
def unset_command(service: str, keys: tuple[str, ...], change: _Change, options: ConsoleOptions) -> int:
    """Return settings of SERVICE to the values with which infra created them, and restart as `appdeploy config set` does."""
    from appdeploy.settings.prepare import Request, unsetting

    values = unsetting(change.environment, service, keys)
    return _apply(Request(change.environment, service, values, change.incident), change, options)


def _apply(request: Request, change: _Change, options: ConsoleOptions) -> int:
    from appdeploy.settings.prepare import prepare_config, prepare_config_plan

    if change.only_plan:
        from appdeploy.cli.show_plan import show_plan
        from appdeploy.plan.preview import preview_of

        return show_plan(
            lambda clients: preview_of(prepare_config_plan(request, clients), clients), change.region, as_json=options.as_json
        )
    return run(lambda clients: prepare_config(request, clients), change.environment, change.region, options)
