"""`appdeploy sync`: move to the newest template."""

from __future__ import annotations

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import atomic_option, environment_option, examples, incident_option, region_option, services_option
from appdeploy.cli.release_options import release_options, run

_EXAMPLES = examples(
    "appdeploy sync -e staging",
    "appdeploy sync -e staging --service agent --until complete",
)


@click.command("sync", short_help="Move to the newest template.", epilog=_EXAMPLES)
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
    """Move the services to the newest template, each with the version that it runs, and watch them to their outcome.

    Settings, secrets and sidecars come from the template; the application's image stays. A service that runs the template
    already, or was never released, is not changed. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.model.operation import Sync
    from appdeploy.plan.prepare import Request, prepare

    request = Request(environment, Sync(), services, incident, atomic)
    return run(lambda clients: prepare(request, clients).cleared(), environment, region, options)
