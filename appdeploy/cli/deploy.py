"""`appdeploy deploy`: release a version."""

from __future__ import annotations

import click

from appdeploy.cli.options import (
    Target,
    atomic_option,
    examples,
    incident_option,
    plan_option,
)
from appdeploy.cli.release_options import ConsoleOptions, release_options, run_request
from appdeploy.cli.version_options import version_options
from appdeploy.model.operation import Operation

_EXAMPLES = examples(
    "appdeploy deploy -e staging --version v1.2.0",
    "appdeploy deploy -e staging --service agent=v1.2.0,orchestrator=v1.3.0",
    "appdeploy deploy -e production --service agent,orchestrator --version v1.2.0 --reason 'CVE-2026-1234'",
)


@click.command("deploy", short_help="Release a version.", epilog=_EXAMPLES)
@version_options
@incident_option
@atomic_option
@plan_option
@release_options
def command(
    target: Target,
    operation: Operation,
    incident: str | None,
    atomic: bool | None,
    only_plan: bool,
    options: ConsoleOptions,
) -> int:
    """Release VERSION, or a version for each service, to an environment's services, and watch it to its outcome.

    Each service keeps what it runs but for one image, pinned by digest; with --sync it moves to the newest template too.
    The first release starts from the template that the infrastructure made. Several services start in the contract's waves, and
    roll back together when one fails. Exit status: 0 live or unchanged, 10 refused, 11 locked, 20 rolled back
    by ECS, 21 rolled back by us, 22 failed, 23 superseded, 24 timed out, 25 skipped.
    """
    from appdeploy.plan.prepare import Request

    request = Request(target.environment, operation, target.services, incident, atomic)
    return run_request(request, target.region, options, only_plan=only_plan)
