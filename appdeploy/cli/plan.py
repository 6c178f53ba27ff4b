"""`appdeploy plan`: what a release would do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from appdeploy.cli.options import Target, examples, incident_option, json_option
from appdeploy.cli.version_options import version_options
from appdeploy.model.operation import Operation

if TYPE_CHECKING:
    from appdeploy.plan.prepare import Request


_EXAMPLES = examples(
    "appdeploy plan -e staging --version v1.2.0",
    "appdeploy plan -e staging --service agent --version v1.2.0 --json",
)


@click.command("plan", short_help="Show what a release would do.", epilog=_EXAMPLES)
@version_options
@incident_option
@json_option("Print one JSON object.")
def command(target: Target, operation: Operation, incident: str | None, as_json: bool) -> int:
    """Show what `appdeploy deploy` would do with the same options, and change nothing.

    For each service: version, digest and task definition before and after, template drift, the calls that would be made,
    and the expected duration. Exit status: 0 when it could be released, 10 when not.
    """
    from appdeploy.plan.prepare import Request

    request = Request(target.environment, operation, target.services, incident)
    return show_plan(request, target.region, as_json=as_json)


def show_plan(request: Request, region: str | None, *, as_json: bool) -> int:
    """Print the plan for a request and return the exit status."""
    from appdeploy.aws.clients import connect
    from appdeploy.model.errors import Refused
    from appdeploy.model.outcome import ExitCode
    from appdeploy.plan.preview import read_preview
    from appdeploy.render.plain import write
    from appdeploy.render.plan import plan_lines

    try:
        report = read_preview(request, connect(region))
    except Refused as error:
        if as_json or not error.in_short:
            raise
        write(sys.stdout, ["preflight: a release would be refused", *(f"  {line}" for line in error.details)])
        return ExitCode.REFUSED
    write(sys.stdout, [report.model_dump_json(indent=2)] if as_json else plan_lines(report))
    return ExitCode.REFUSED if report.refused else ExitCode.OK
