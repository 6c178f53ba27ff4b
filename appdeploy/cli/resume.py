"""`appdeploy resume`: take up an interrupted release."""

from __future__ import annotations

from dataclasses import replace

import click

from appdeploy.cli.following import ReleaseOptions, follow, resume_options
from appdeploy.cli.options import environment_option, region_option


@click.command("resume", short_help="Take up an interrupted release.")
@click.argument("release", metavar="[RELEASE]", required=False)
@environment_option
@resume_options
@region_option
def command(environment: str, release: str | None, following: ReleaseOptions, region: str | None) -> int:
    """Take up RELEASE where its command was interrupted; by default the one that is open.

    What ECS did meanwhile is found there: nothing is registered or started twice. What was not sent yet is sent, unless
    somebody else has changed the service since. Exit status: as `appdeploy deploy`; 10 when there is nothing to resume.
    """
    from appdeploy.reconcile.resume import Request, ResumesScale, prepare_resume

    request = Request(environment, release)
    again = replace(following, resumes=True)
    try:
        return follow(lambda clients: prepare_resume(request, clients), environment, region, again)
    except ResumesScale as found:
        from appdeploy.cli.scale import run
        from appdeploy.scaling.resume import prepare_resumed

        entry = found.entry
    wait = following.lock_wait or 0
    return run(
        lambda clients: prepare_resumed(entry, clients),
        region,
        following.timeout,
        wait,
        resumed=entry,
        as_json=following.as_json,
    )
