"""Options that several commands share, and the checks of their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

_ALL = "all"

F = TypeVar("F", bound=Callable[..., Any])


def environment_option(function: F) -> F:
    """`-e`, `--env`, `--environment`. The command gets a well-formed name; whether it exists is for AWS to say."""
    return click.option(
        "-e",
        "--env",
        "--environment",
        "environment",
        metavar="ENV",
        required=True,
        callback=check_environment,
        help="The environment, such as staging.",
    )(function)


def version_option(function: F) -> F:
    """`--version`. The command gets a legal image tag."""
    return click.option(
        "--version",
        "version",
        metavar="VERSION",
        required=True,
        callback=_version,
        help="The image's tag in each service's repository.",
    )(function)


def sync_option(function: F) -> F:
    """`--sync`."""
    return click.option(
        "--sync", is_flag=True, help="Move to the newest template too, as `appdeploy sync` does without a new version."
    )(function)


def atomic_option(function: F) -> F:
    """`--atomic` and `--no-atomic`. The command gets `atomic`, None when neither is given."""
    return click.option(
        "--atomic/--no-atomic",
        "atomic",
        default=None,
        help="Take all services back when one fails, or leave the others as they are; by default several go back together.",
    )(function)


def reason_options(function: F) -> F:
    """`--reason` and `--change`. The command gets `reason` and `change_ticket`, of one line each."""
    reason = click.option(
        "--reason", metavar="TEXT", callback=_line, help="Why; whoever meets the lock reads it, and the ledger keeps it."
    )
    change = click.option(
        "--change", "change_ticket", metavar="TICKET", callback=_line, help="The change request; the ledger keeps it."
    )
    return reason(change(function))


def incident_option(function: F) -> F:
    """`--during-incident`. The command gets it as `incident`, of one line."""
    return click.option(
        "--during-incident",
        "incident",
        metavar="REASON",
        callback=_line,
        help="Pass a closed window, the promotion rule, and alarms that ring already (ECS then watches none); the ledger keeps "
        "the reason.",
    )(function)


def json_option(text: str) -> Callable[[F], F]:
    """`--json`, with its help: it says which model is printed. The command gets it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def region_option(function: F) -> F:
    """`--region`."""
    return click.option(
        "--region", metavar="REGION", help="The AWS region; by default that of the AWS environment or profile."
    )(function)


def services_option(function: F) -> F:
    """`-s`, `--service`, as often as wanted. The command gets a tuple of names; empty means all services."""
    return click.option(
        "-s",
        "--service",
        "services",
        metavar="SERVICE[,SERVICE]",
        multiple=True,
        callback=_services,
        help="A service; repeat it or use commas for several. Default: all.",
    )(function)


def check_environment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A well-formed name, or nothing where the option is not required."""
    from appdeploy.model.contract import ENVIRONMENT_PATTERN

    if value is not None and not re.fullmatch(ENVIRONMENT_PATTERN, value):
        raise click.BadParameter(f"{value!r} cannot be an environment: it takes lower-case letters, digits and hyphens")
    return value


def _version(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from appdeploy.model.image import TAG_PATTERN

    if not re.fullmatch(TAG_PATTERN, value):
        raise click.BadParameter(f"{value!r} cannot be an image tag")
    return value


def _services(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for group in value for name in group.split(",")))
    if not all(names):
        raise click.BadParameter("an empty name is no service")
    return () if _ALL in names else names


def _line(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    words = " ".join(value.split()) if value is not None else None
    if words == "":
        raise click.BadParameter("it is empty")
    return words
