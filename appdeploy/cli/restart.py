"""`appdeploy restart`: the same in new tasks."""

from __future__ import annotations

import click

from appdeploy.app.options import ReleaseOptions
from appdeploy.cli.options import examples
from appdeploy.cli.release_options import Renewal, renew, renewal_options

_EXAMPLES = examples(
    "appdeploy restart -e staging --service agent",
)


@click.command("restart", short_help="Replace all tasks by new ones.", epilog=_EXAMPLES)
@renewal_options
def command(renewal: Renewal, options: ReleaseOptions) -> int:
    """Replace the services' tasks by new ones of the same task definition, and watch it to its outcome.

    Judged as strictly as a release: new tasks that fail are rolled back. Exit status: as `appdeploy deploy`.
    """
    from appdeploy.model.operation import Restart

    return renew(Restart(), renewal, options)
