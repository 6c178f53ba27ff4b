"""`appdeploy resume`: take up an interrupted release."""

from __future__ import annotations

from dataclasses import replace

import click

from appdeploy.cli.following import Following, follow, resume_following_options
from appdeploy.cli.options import environment_option, region_option


@click.command("resume", short_help="Take up an interrupted release.")
@click.argument("release", metavar="[RELEASE]", required=False)
@environment_option
@resume_following_options
@region_option
def command(environment: str, release: str | None, following: Following, region: str | None) -> int:
    """Take up RELEASE where its command was interrupted; by default the one that is open.

    What ECS did meanwhile is found there: nothing is registered or started twice. What was not sent yet is sent, unless
    somebody else has changed the service since. Exit status: as `appdeploy deploy`; 10 when there is nothing to resume.
    """
    from appdeploy.reconcile.resume import ChangesCount, Request, prepare_resume

    request = Request(environment, release)
    again = replace(following, resumes=True)
    try:
        return follow(lambda clients: prepare_resume(request, clients), environment, region, again)
    except ChangesCount as found:
        from appdeploy.cli.scale import carry_out
        from appdeploy.scaling.resume import prepare_again

        entry = found.entry
    wait = following.lock_wait or 0
    return carry_out(
        lambda clients: prepare_again(entry, clients),
        region,
        following.timeout,
        wait,
        resumed=entry,
        as_json=following.as_json,
    )
