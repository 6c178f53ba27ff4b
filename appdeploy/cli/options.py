"""Options that several commands share, and the checks of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, TypeVar

import click

ALL = "all"
"""The name that stands for all services."""
ENVIRONMENT_VARIABLE = "APPDEPLOY_ENVIRONMENT"
"""Names the environment where no option does."""
_TYPED = "appdeploy.environment"
"""Where a context keeps the environment that an option named."""


def examples(*lines: str) -> str:
    """The end of a help page."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


F = TypeVar("F", bound=Callable[..., Any])


def gathered(kind: type[Any], name: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give the command all options that are fields of a dataclass as one value of it, as the parameter `name`."""
    names = {field.name for field in fields(kind)}

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(**given: Any) -> int:
            ours = {name: given.pop(name) for name in names & given.keys()}
            return function(**{name: kind(**ours)}, **given)

        return command

    return decorate


@dataclass(frozen=True)
class Target:
    """Where a command works."""

    environment: str
    services: tuple[str, ...]
    """Names; empty for all."""
    region: str | None


def environment_option(function: F) -> F:
    """`-e`, `--env`, `--environment`. The command gets a well-formed name; AWS says whether it exists."""
    return _environment_option(required=True)(function)


def optional_environment_option(function: F) -> F:
    """The same for a group of commands, which may get it themselves. The command gets None without it."""
    return _environment_option(required=False)(function)


def _environment_option(*, required: bool) -> Callable[[F], F]:
    return click.option(
        "-e",
        "--env",
        "--environment",
        "environment",
        metavar="ENV",
        required=required,
        envvar=ENVIRONMENT_VARIABLE,
        show_envvar=True,
        callback=_environment,
        help="The environment, such as staging.",
    )


def plan_option(function: F) -> F:
    """`--plan`. The command gets it as `only_plan`."""
    return click.option(
        "--plan",
        "only_plan",
        is_flag=True,
        help="Show what would be done, and change nothing. With --json one object (docs/plan.schema.json).",
    )(function)


def yes_option(function: F) -> F:
    """`-y`, `--yes`. The command gets it as `yes`."""
    return click.option(
        "-y",
        "--yes",
        is_flag=True,
        help="Ask nothing. At a terminal a protected environment is changed only after a yes; in a pipe, in CI and with --json "
        "nothing is asked anyway.",
    )(function)


def atomic_option(function: F) -> F:
    """`--atomic` and `--no-atomic`. The command gets `atomic`, None when neither is given."""
    return click.option(
        "--atomic/--no-atomic",
        "atomic",
        default=None,
        help="Roll all services back when one fails, or leave the others as they are. Default: atomic for several services.",
    )(function)


def reason_options(function: F) -> F:
    """`--reason` and `--change`. The command gets `reason` and `change_ticket`, of one line each."""
    reason = click.option(
        "--reason", metavar="TEXT", callback=_line, help="Reason; shown to anyone the lock blocks, and kept in the ledger."
    )
    change = click.option(
        "--change", "change_ticket", metavar="TICKET", callback=_line, help="The change request; kept in the ledger."
    )
    return reason(change(function))


def incident_option(function: F) -> F:
    """`--during-incident`. The command gets it as `incident`, of one line."""
    return click.option(
        "--during-incident",
        "incident",
        metavar="REASON",
        callback=_line,
        help="Ignore a closed window, the promotion rule, and alarms already in ALARM (ECS then watches no alarm); the ledger "
        "keeps REASON.",
    )(function)


def json_option(text: str) -> Callable[[F], F]:
    """`--json`, with its help. The command gets it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def region_option(function: F) -> F:
    """`--region`."""
    return click.option(
        "--region", metavar="REGION", help="The AWS region; by default that of the AWS environment or profile."
    )(function)


def services_option(function: F) -> F:
    """`-s`, `--service`, may be repeated. The command gets a tuple of names; empty means all services."""
    return click.option(
        "-s",
        "--service",
        "services",
        metavar="SERVICE[,SERVICE]",
        multiple=True,
        callback=_services,
        help="A service; repeat it or use commas for several. Default: all.",
    )(function)


def _environment(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A well-formed name, or nothing where the option is not required. One that was not typed is shown."""
    from appdeploy.model.contract import ENVIRONMENT_PATTERN

    if value is None:
        return None
    by_variable = context.get_parameter_source(parameter.name or "") is click.core.ParameterSource.ENVIRONMENT
    if not re.fullmatch(ENVIRONMENT_PATTERN, value):
        where = f" ({ENVIRONMENT_VARIABLE})" if by_variable else ""
        raise click.BadParameter(f"{value!r}{where} cannot be an environment: it takes lower-case letters, digits and hyphens")
    if not by_variable:
        context.meta[_TYPED] = value
        return value
    if _TYPED in context.meta:  # To the group, before the command's name.
        return str(context.meta[_TYPED])
    if parameter.required:  # A group does not know yet whether its command has one of its own.
        say_environment(context, value)
    return value


def say_environment(context: click.Context, environment: str) -> None:
    """Show the environment when it came from the variable: it was not typed."""
    by_variable = context.get_parameter_source("environment") is click.core.ParameterSource.ENVIRONMENT
    if by_variable and not context.resilient_parsing:
        click.echo(f"appdeploy: environment {environment}, by {ENVIRONMENT_VARIABLE}", err=True)


def split_services(value: Sequence[str]) -> tuple[str, ...]:
    """What `--service` was given, each once. Raises click.BadParameter for an empty one."""
    names = tuple(dict.fromkeys(name.strip() for group in value for name in group.split(",")))
    if not all(names):
        raise click.BadParameter("an empty name is no service")
    return names


def _services(_context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = split_services(value)
    versioned = next((name for name in names if "=" in name), None)
    if versioned:
        raise click.BadParameter(f"{versioned!r}: only deploy and plan take a version for a service")
    return () if ALL in names else names


def _line(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    words = " ".join(value.split()) if value is not None else None
    if words == "":
        raise click.BadParameter("it is empty")
    return words
