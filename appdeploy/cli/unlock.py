"""`appdeploy unlock`: lift a freeze, or put a holder out."""

from __future__ import annotations

import click

from appdeploy.cli.options import environment_option, region_option


@click.command("unlock", short_help="Lift a freeze.")
@environment_option
@click.option(
    "--break",
    "break_holder",
    is_flag=True,
    help="Put the release out that holds the lock: it sends nothing more. A dead one is taken over without this.",
)
@region_option
def command(environment: str, break_holder: bool, region: str | None) -> int:
    """Lift the freeze of an environment; with --break also put the release out that holds its lock.

    Exit status: 0 done, or there was nothing to lift; 11 the holder stirred just now, so look again.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.aws.errors import refusing
    from appdeploy.lock.admin import open_lock_admin
    from appdeploy.lock.lease import describe

    desk = open_lock_admin(connect(region), environment)
    with refusing(f"{environment} could not be unlocked"):
        item = desk.store.read()
        if item.freeze is not None:
            desk.store.unfreeze()
            click.echo(f"{environment} is not frozen any more; it was {describe(item)}")
        if break_holder and item.holder is not None:
            desk.evict(item)
            click.echo(f"{item.holder.release} of {item.holder.who} was put out: it sends nothing more")
    if item.freeze is None and not (break_holder and item.holder):
        at_work = f"; {item.holder.release} of {item.holder.who} is at work" if item.holder else ""
        click.echo(f"{environment} was not frozen{at_work}")
    return 0
