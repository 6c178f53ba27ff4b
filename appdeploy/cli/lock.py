"""`appdeploy lock`: freeze an environment."""

from __future__ import annotations

import sys

import click

from appdeploy.cli.options import environment_option, examples, region_option

_EXAMPLES = examples(
    "appdeploy lock -e production --reason 'database maintenance'",
)


@click.command("lock", short_help="Freeze an environment.", epilog=_EXAMPLES)
@environment_option
@click.option("--reason", required=True, metavar="TEXT", help="Reason; shown to anyone the freeze blocks.")
@region_option
def command(environment: str, reason: str, region: str | None) -> int:
    """Freeze an environment: no release starts until `appdeploy unlock`. A running release continues.

    Exit status: 0 frozen, 11 it was frozen already.
    """
    from appdeploy.aws.clients import connect
    from appdeploy.aws.errors import refusing
    from appdeploy.lock.admin import open_lock_admin
    from appdeploy.lock.item import Freeze
    from appdeploy.lock.lease import describe, what_to_type
    from appdeploy.lock.session import now
    from appdeploy.model.errors import Locked, when_interrupted
    from appdeploy.render.plain import write

    admin = open_lock_admin(connect(region), environment)
    shown = f"`appdeploy status -e {environment}` shows whether it is frozen"
    with when_interrupted(f"interrupted; {shown}"), refusing(f"{environment} could not be frozen"):
        frozen = admin.store.freeze(Freeze(admin.caller, now(), " ".join(reason.split())))
        item = admin.store.read()
    if not frozen:
        to_type = what_to_type(item, environment, None, caller=admin.caller)
        raise Locked(f"{environment} is {describe(item)}; nothing was changed: {to_type}")
    lines = [f"{environment} is {describe(item)}; lift it with `appdeploy unlock -e {environment}`"]
    if item.holder is not None:
        lines.append(f"{item.holder.release} of {item.holder.who} is running and continues")
    write(sys.stdout, lines)
    return 0
