"""`appdeploy restart`: the same in new tasks."""

from __future__ import annotations

import click

from appdeploy.cli.options import examples
from appdeploy.cli.release_options import ConsoleOptions, SameVersion, run_same_version, same_version_options

_EXAMPLES = examples(
    "appdeploy restart -e staging --service agent",
)


@click.command("restart", short_help="Replace all tasks by new ones.", epilog=_EXAMPLES)
@same_version_options
def command(target: SameVersion, options: ConsoleOptions) -> int:
    """Replace the services' tasks by new ones of the same task definition, and watch it to its outcome.

    Judged as strictly as a release: new tasks that fail are rolled back. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.model.operation import Restart

    return run_same_version(Restart(), target, options)
