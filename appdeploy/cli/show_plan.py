"""`--plan` of every command that has it, and `appdeploy plan`: one document, and nothing is changed."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients
    from appdeploy.plan.report import PlanReport


def show_plan(read: Callable[[Clients], PlanReport], region: str | None, *, as_json: bool) -> int:
    """Print a plan, as text with the command that carries it out; returns the exit status. Raises Refused without a plan."""
    from appdeploy.aws.clients import connect
    from appdeploy.model.errors import Refused
    from appdeploy.model.outcome import ExitCode
    from appdeploy.render.plain import write
    from appdeploy.render.plan import plan_lines

    try:
        report = read(connect(region))
    except Refused as error:
        if as_json or not error.in_short:
            raise
        write(sys.stdout, ["preflight: a release would be refused", *(f"  {line}" for line in error.details)])
        return ExitCode.REFUSED
    if as_json:
        write(sys.stdout, [report.model_dump_json(indent=2)])
    else:
        command = [] if report.refused or not report.changes else [f"to do it: {_command()}"]
        write(sys.stdout, [*plan_lines(report), *command])
    return ExitCode.REFUSED if report.refused else ExitCode.OK


def _command() -> str:
    """The same command line without `--plan`; of `appdeploy plan` that of `deploy`."""
    context = click.get_current_context()
    words = [word for word in context.find_root().obj if word != "--plan"]
    if context.info_name == "plan":
        words[words.index("plan")] = "deploy"
    return shlex.join(["appdeploy", *words])
