"""`sandbox fault`: let AWS calls go wrong."""

from __future__ import annotations

import click

from sandbox import supervisor
from sandbox.control import Control
from sandbox.home import home

KINDS = ("throttle", "error", "reset", "timeout", "slow", "stale", "expired")


def _control() -> Control:
    return Control(supervisor.require(home()).endpoint)


@click.group()
def fault() -> None:
    """Let AWS calls go wrong on purpose."""


@fault.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--service", metavar="GLOB", help="Of which services, named as `sandbox calls` does.  [default: all]")
@click.option("--action", metavar="GLOB", help="Of which actions, such as 'Describe*'.  [default: all]")
@click.option("--access-key", metavar="GLOB", help="Of calls signed with which access keys.  [default: all]")
@click.option("--moment", type=click.Choice(("before", "after")), help="Before or after the call's effect.  [default: before]")
@click.option("--count", type=click.IntRange(1), help="Strike so many calls at most.  [default: no end]")
@click.option("--skip", type=click.IntRange(0), help="Let so many matching calls pass first.  [default: 0]")
@click.option("--probability", type=click.FloatRange(0, 1, min_open=True), help="Of striking each call.  [default: 1]")
@click.option("--seed", type=int, help="Of the random numbers.  [default: 0]")
@click.option(
    "--seconds", type=click.FloatRange(0), help="slow: the delay; stale: how long after a write; expired: from when on."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="throttle: calls a second that pass in the long run.")
@click.option("--burst", type=click.IntRange(1), help="throttle: calls that pass at once.")
@click.option("--status", type=click.IntRange(500, 599), help="error: the HTTP status.  [default: 500]")
def add(**fault: object) -> None:
    """Let calls go wrong from now on: KIND says how.

    throttle answers the service's own throttling code, error an HTTP 5xx; reset breaks the connection, timeout keeps it
    silent; slow answers late; stale lets ECS's reads answer the state before the last write; expired says that the
    credentials have expired.
    """
    added = _control().add_fault({name: value for name, value in fault.items() if value is not None})
    click.echo(_line(added))


@fault.command("list")
def list_faults() -> None:
    """Print the active faults and how many calls each has struck."""
    for active in _control().faults():
        click.echo(_line(active))


@fault.command()
@click.argument("number", type=click.IntRange(1), required=False)
def clear(number: int | None) -> None:
    """End the fault with this NUMBER, or all faults."""
    click.echo(f"{_control().clear_faults(number)} ended")


def _line(active: dict[str, object]) -> str:
    rest = " ".join(f"{name}={value}" for name, value in active.items() if name not in ("id", "kind", "hits"))
    return f"{active['id']:>4} {active['kind']:<8} {active['hits']} struck  {rest}".rstrip()
