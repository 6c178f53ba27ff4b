"""`appdeploy unlock`: lift a freeze, or evict the holder."""

from __future__ import annotations

import sys

import click

from appdeploy.cli.options import environment_option, examples, region_option

_EXAMPLES = examples(
    "appdeploy unlock -e production",
    "appdeploy unlock -e production --break",
)


@click.command("unlock", short_help="Lift a freeze.", epilog=_EXAMPLES)
@environment_option
@click.option(
    "--break",
    "break_holder",
    is_flag=True,
    help="Evict the release that holds the lock: it sends nothing more. A dead holder is taken over without this.",
)
@region_option
def command(environment: str, break_holder: bool, region: str | None) -> int:
    """Lift the freeze of an environment; with --break also evict the release that holds its lock.

    Exit status: 0 done, or there was nothing to lift; 11 the holder has just renewed its lease: look again.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.aws.errors import refusing
    from appdeploy.lock.admin import open_lock_admin
    from appdeploy.lock.lease import describe
    from appdeploy.model.errors import when_interrupted
    from appdeploy.render.plain import write

    admin = open_lock_admin(connect(region), environment)
    shown = f"`appdeploy status -e {environment}` shows whether it is frozen, and what is running"
    with when_interrupted(f"interrupted; {shown}"), refusing(f"{environment} could not be unlocked"):
        item = admin.store.read()
        if item.freeze is not None:
            admin.store.unfreeze()
            write(sys.stdout, [f"{environment} is not frozen any more; it was {describe(item)}"])
        if break_holder and item.holder is not None:
            admin.evict(item)
            write(sys.stdout, [f"{item.holder.release} of {item.holder.who} was evicted: it sends nothing more"])
    if item.freeze is None and not (break_holder and item.holder):
        running = f"; {item.holder.release} of {item.holder.who} is running" if item.holder else ""
        write(sys.stdout, [f"{environment} was not frozen{running}"])
    return 0
