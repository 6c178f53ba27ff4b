"""`appdeploy sync`: move to the newest template."""

from __future__ import annotations

import click

from appdeploy.cli.options import examples
from appdeploy.cli.release_options import ConsoleOptions, SameVersion, run_same_version, same_version_options

_EXAMPLES = examples(
    "appdeploy sync -e staging",
    "appdeploy sync -e staging --service agent --until complete",
)


@click.command("sync", short_help="Move to the newest template.", epilog=_EXAMPLES)
@same_version_options
def command(target: SameVersion, options: ConsoleOptions) -> int:
    """Move the services to the newest template, each with the version that it runs, and watch them to their outcome.

    Settings, secrets and sidecars come from the template; the application's image stays. A service that runs the template
    already, or was never released, is not changed. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.model.operation import Sync

    return run_same_version(Sync(), target, options)
