"""`appdeploy restart`: the same in new tasks."""

from __future__ import annotations

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import atomic_option, environment_option, examples, incident_option, region_option, services_option
from appdeploy.cli.release_options import release_options, run

_EXAMPLES = examples(
    "appdeploy restart -e staging --service agent",
)


@click.command("restart", short_help="Replace all tasks by new ones.", epilog=_EXAMPLES)
@environment_option
@services_option
@incident_option
@atomic_option
@release_options
@region_option
def command(
    environment: str,
    services: tuple[str, ...],
    incident: str | None,
    atomic: bool | None,
    options: ReleaseOptions,
    region: str | None,
) -> int:
    """Replace the services' tasks by new ones of the same task definition, and watch it to its outcome.

    Judged as strictly as a release: new tasks that fail are rolled back. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.model.operation import Restart
    from appdeploy.plan.prepare import Request, prepare

    request = Request(environment, Restart(), services, incident, atomic)
    return run(lambda clients: prepare(request, clients).cleared(), environment, region, options)
