"""`appdeploy rollback`: return to a version that served before."""

from __future__ import annotations

import sys

import click

from appdeploy.cli.options import environment_option, examples, plan_option, region_option, services_option
from appdeploy.cli.release_options import ConsoleOptions, rollback_options, run

_EXAMPLES = examples(
    "appdeploy rollback -e production --list",
    "appdeploy rollback -e production --service agent",
    "appdeploy rollback -e production --service agent --to v1.1.0",
)


@click.command("rollback", short_help="Return to what served well before.", epilog=_EXAMPLES)
@environment_option
@services_option
@click.option(
    "--to",
    metavar="TASK_DEFINITION|VERSION",
    help="A task definition (family:revision or ARN), or a version. Default: see above.",
)
@click.option(
    "--list", "only_list", is_flag=True, help="Show the rollback targets, with --json as one object, and change nothing."
)
@plan_option
@rollback_options
@region_option
def command(
    environment: str,
    services: tuple[str, ...],
    to: str | None,
    only_list: bool,
    only_plan: bool,
    options: ConsoleOptions,
    region: str | None,
) -> int:
    """Return an environment's services to a task definition that they ran before: image, template and settings.

    Default: the last successful deployment before the running version was first deployed, so that a second rollback goes
    further back; while a release is under way, the last successful one. After a release that was rolled back already it
    goes further back too, and says so. Without --service, services that have no way back are passed over. It asks for no
    confirmation, and takes the lock over from a release that is under way. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.rollback.prepare import Request, prepare_rollback

    if only_list and (to or options.reason or only_plan):
        raise click.UsageError("--list takes neither --to nor --reason nor --plan", click.get_current_context())
    if only_list:
        return _show_targets(environment, services, region, as_json=options.as_json)
    request = Request(environment, services, to, with_settings=not options.without_ledger)
    if only_plan:
        from appdeploy.cli.show_plan import show_plan
        from appdeploy.rollback.preview import read_preview

        return show_plan(lambda clients: read_preview(request, clients), region, as_json=options.as_json)
    return run(lambda clients: prepare_rollback(request, clients), environment, region, options)


def _show_targets(environment: str, services: tuple[str, ...], region: str | None, *, as_json: bool) -> int:
    from appdeploy.aws.clients import connect
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.plain import write
    from appdeploy.render.rollback_targets import target_lines
    from appdeploy.rollback.list_targets import read_targets

    report = read_targets(connect(region), environment, services)
    write(sys.stdout, [report.model_dump_json(indent=2)] if as_json else target_lines(report))
    return ExitCode.OK
