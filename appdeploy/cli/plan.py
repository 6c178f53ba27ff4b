"""`appdeploy plan`: what a release would do."""

from __future__ import annotations

import click

from appdeploy.cli.options import Target, examples, incident_option, json_option
from appdeploy.cli.version_options import version_options
from appdeploy.model.operation import Operation

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
    from appdeploy.cli.show_plan import show_plan
    from appdeploy.plan.prepare import Request
    from appdeploy.plan.preview import read_preview

    request = Request(target.environment, operation, target.services, incident)
    return show_plan(lambda clients: read_preview(request, clients), target.region, as_json=as_json)
