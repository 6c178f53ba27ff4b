"""`sandbox calls`: what was asked of AWS."""

from __future__ import annotations

import json

import click

from sandbox import supervisor
from sandbox.control import Control
from sandbox.home import home


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--reset", is_flag=True, help="Empty the record after it is printed.")
@click.option("--since", type=click.IntRange(0), default=0, metavar="N", help="Only the calls after the one with this number.")
def calls(as_json: bool, reset: bool, since: int) -> None:
    """Print the recorded calls, oldest first; those that may change something are marked with *."""
    control = Control(supervisor.require(home()).endpoint)
    for call in control.calls(since):
        click.echo(json.dumps(call) if as_json else _line(call))
    if reset:
        control.reset_calls()


def _line(call: dict[str, object]) -> str:
    mark = "*" if call["mutates"] else " "
    outcome = call["error"] or call["status"]
    return f"{call['n']:>6} {call['time']} {mark} {call['service']}:{call['action']} {outcome}"
