"""`appdeploy rollback`: the way back."""

from __future__ import annotations

import sys

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import environment_option, region_option, services_option
from appdeploy.cli.release_options import rollback_options, run


@click.command("rollback", short_help="Return to what served well before.")
@environment_option
@services_option
@click.option(
    "--to",
    metavar="TASK_DEFINITION|VERSION",
    help="A task definition (family:revision or ARN), or a version; by default what succeeded before what runs.",
)
@click.option(
    "--list", "only_list", is_flag=True, help="Show what could be returned to, with --json as one object, and change nothing."
)
@rollback_options
@region_option
def command(
    environment: str,
    services: tuple[str, ...],
    to: str | None,
    only_list: bool,
    options: ReleaseOptions,
    region: str | None,
) -> int:
    """Return an environment's services to a task definition that they ran before: image, template and settings.

    By default each goes to the newest success before the first one of what it runs, so that a second rollback goes
    further back; while a release is under way or has failed, to the last success. It asks for no confirmation, and
    replaces a release that is still under way. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.rollback.prepare import Request, prepare_rollback

    if only_list and (to or options.reason):
        raise click.UsageError("--list takes neither --to nor --reason", click.get_current_context())
    if only_list:
        return _show_points(environment, services, region, as_json=options.as_json)
    request = Request(environment, services, to, with_settings=not options.without_ledger)
    return run(lambda clients: prepare_rollback(request, clients), environment, region, options)


def _show_points(environment: str, services: tuple[str, ...], region: str | None, *, as_json: bool) -> int:
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.plain import write
    from appdeploy.render.rollback_targets import target_lines
    from appdeploy.rollback.list_targets import read_targets

    report = read_targets(connect(region), environment, services)
    write(sys.stdout, [report.model_dump_json(indent=2)] if as_json else target_lines(report))
    return ExitCode.OK
