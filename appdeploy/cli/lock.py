"""`appdeploy lock`: freeze an environment."""

from __future__ import annotations

import click

from appdeploy.cli.options import environment_option, region_option


@click.command("lock", short_help="Freeze an environment.")
@environment_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; whoever is turned away reads it.")
@region_option
def command(environment: str, reason: str, region: str | None) -> int:
    """Freeze an environment: no release begins until `appdeploy unlock`. One that is at work goes on.

    Exit status: 0 frozen, 11 somebody froze it before.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.aws.errors import refusing
    from appdeploy.lock.admin import open_lock_admin
    from appdeploy.lock.item import Freeze
    from appdeploy.lock.lease import describe
    from appdeploy.lock.session import now
    from appdeploy.model.errors import Locked

    desk = open_lock_admin(connect(region), environment)
    with refusing(f"{environment} could not be frozen"):
        frozen = desk.store.freeze(Freeze(desk.caller, now(), " ".join(reason.split())))
        item = desk.store.read()
    if not frozen:
        raise Locked(f"{environment} is {describe(item)}; nothing was changed")
    click.echo(f"{environment} is {describe(item)}; lift it with appdeploy unlock -e {environment}")
    if item.holder is not None:
        click.echo(f"{item.holder.release} of {item.holder.who} is at work and goes on")
    return 0
