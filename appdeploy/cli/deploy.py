"""`appdeploy deploy`: release a version."""

from __future__ import annotations

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import (
    atomic_option,
    environment_option,
    incident_option,
    region_option,
    services_option,
    sync_option,
    version_option,
)
from appdeploy.cli.release_options import release_options, run


@click.command("deploy", short_help="Release a version.")
@environment_option
@version_option
@services_option
@sync_option
@incident_option
@atomic_option
@click.option(
    "--plan", "only_plan", is_flag=True, help="Show what would be done and change nothing, as `appdeploy plan [--json]`."
)
@release_options
@region_option
def command(
    environment: str,
    version: str,
    services: tuple[str, ...],
    sync: bool,
    incident: str | None,
    atomic: bool | None,
    only_plan: bool,
    options: ReleaseOptions,
    region: str | None,
) -> int:
    """Release VERSION to an environment's services, and watch it to its outcome.

    Each service keeps what it runs but for one image, pinned by digest; with --sync it moves to the newest template too.
    The first release starts from the template that the infrastructure made. Several services begin in the order of the
    contract, and go back together when one fails. Exit status: 0 live or unchanged, 10 refused, 11 locked, 20 rolled back
    by ECS, 21 rolled back by us, 22 failed, 23 superseded, 24 timed out, 25 not begun.
    """
    from appdeploy.model.operation import Deploy
    from appdeploy.plan.prepare import Request, prepare

    request = Request(environment, Deploy(version, sync), services, incident, atomic)
    if only_plan:
        from appdeploy.cli.plan import show_plan

        return show_plan(request, region, as_json=options.as_json)
    return run(lambda clients: prepare(request, clients).cleared(), environment, region, options)
