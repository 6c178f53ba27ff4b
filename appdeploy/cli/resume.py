"""`appdeploy resume`: continue an interrupted release."""

from __future__ import annotations

import click

from appdeploy.cli.options import environment_option, examples, region_option
from appdeploy.cli.release_options import ConsoleOptions, resume_options

_EXAMPLES = examples(
    "appdeploy resume -e staging",
    "appdeploy resume -e staging upgrade-2026-1130-143000-abc123",
)


@click.command("resume", short_help="Continue an interrupted release.", epilog=_EXAMPLES)
@click.argument("release", metavar="[RELEASE]", required=False)
@environment_option
@resume_options
@region_option
def command(environment: str, release: str | None, options: ConsoleOptions, region: str | None) -> int:
    """Continue RELEASE where its command was interrupted; by default the one that is open.

    What ECS did meanwhile is read from ECS: nothing is registered or started twice. What was not sent yet is sent, unless
    the service was changed by someone else since. Exit status: as `appdeploy deploy`; 10 when there is nothing to resume.
    """
    from appdeploy.app.console import open_console
    from appdeploy.app.resume import resume
    from appdeploy.reconcile.resume import Request

    with open_console(environment, as_json=options.as_json) as console:
        return resume(Request(environment, release), region, options, console).exit_code
