"""`appdeploy status`: how an environment stands."""

from __future__ import annotations

import sys

import click

from appdeploy.cli.options import environment_option, json_option, region_option, services_option


@click.command("status", short_help="Show what serves.")
@environment_option
@services_option
@click.option(
    "--expect-synced", is_flag=True, help="Exit with 10 if a released service stands on another than the newest template."
)
@json_option("Print one JSON object (appdeploy.status_report.StatusReport).")
@region_option
def command(environment: str, services: tuple[str, ...], expect_synced: bool, as_json: bool, region: str | None) -> int:
    """Show for each service which version serves, how many tasks run and are healthy, and what is under way.

    Exit status: 0 when it could be read, whatever it says; 10 when not, or when --expect-synced finds a drift.
    """
    from appdeploy.aws import connect
    from appdeploy.outcome import ExitCode
    from appdeploy.render import is_terminal
    from appdeploy.render.plain import write
    from appdeploy.render.status import status_lines
    from appdeploy.status import read_status

    report = read_status(connect(region), environment, services)
    if as_json:
        write(sys.stdout, [report.model_dump_json(indent=2)])
    elif is_terminal():
        from appdeploy.render.status_table import print_table

        print_table(report)
    else:
        write(sys.stdout, status_lines(report))
    return ExitCode.REFUSED if expect_synced and report.drifted else ExitCode.OK
