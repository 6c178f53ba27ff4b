"""Which services get which version: `--version`, `--service SERVICE[=VERSION]` and `--sync`, as one operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from appdeploy.cli.options import ALL, Target, environment_option, gathered, region_option, split_services
from appdeploy.model.operation import Deploy, DeployEach


def version_options(function: Callable[..., int]) -> Callable[..., int]:
    """These and `--environment` and `--region`; the command gets `target` and `operation`."""
    return environment_option(_version(_service(_sync(region_option(_resolved(gathered(Target, "target")(function)))))))


def _resolved(function: Callable[..., int]) -> Callable[..., int]:
    @wraps(function)
    def command(version: str | None, services: tuple[str, ...], sync: bool, **given: Any) -> int:
        operation, names = chosen(version, services, sync=sync)
        return function(operation=operation, services=names, **given)

    return command


def chosen(version: str | None, words: Sequence[str], *, sync: bool = False) -> tuple[Deploy | DeployEach, tuple[str, ...]]:
    """What to do, and the names of the services, empty for all. `words` are `SERVICE` or `SERVICE=VERSION`.

    Raises click.UsageError for what contradicts itself, or leaves a service without a version.
    """
    own = _own_versions(words)
    names = tuple(dict.fromkeys(word.partition("=")[0] for word in words))
    everything = not names or ALL in names
    without = [name for name in names if name not in own and name != ALL]
    if version is None and not own:
        own_version = f" It may be left out with a version for each service: -s {without[0]}=VERSION." if without else ""
        raise click.UsageError(f"Missing option '--version'.{own_version}")
    if version is None and (everything or without):
        lacking = "the other services have" if everything else f"{', '.join(without)} {'has' if len(without) == 1 else 'have'}"
        example = "" if everything else f", or -s {without[0]}=VERSION"
        raise click.UsageError(f"{lacking} no version: give --version{example}")
    if version is not None and not (everything or without):
        raise click.UsageError(
            f"no service would get --version {version}, each of those named has its own: add --service all for all others,"
            " or leave --version out"
        )
    selected = () if everything else names
    if version is not None and not own:
        return Deploy(version, sync), selected
    return DeployEach(tuple(own.items()), version, sync), selected


def _own_versions(words: Sequence[str]) -> dict[str, str]:
    own: dict[str, str] = {}
    plain = {word for word in words if "=" not in word}
    for word in words:
        name, equals, version = word.partition("=")
        if not equals:
            continue
        if not name:
            raise click.UsageError(f"{word}: an empty name is no service")
        if name == ALL:
            raise click.UsageError(f"{word}: all services get the version of --version")
        if name in plain:
            raise click.UsageError(f"{name} is named with a version and without: leave one out")
        if name in own:
            raise click.UsageError(f"{name} has two versions, {own[name]} and {version}: leave one out")
        own[name] = _tag(version)
    return own


def _tag(value: str) -> str:
    from appdeploy.model.image import TAG_PATTERN

    if not re.fullmatch(TAG_PATTERN, value):
        raise click.BadParameter(f"{value!r} cannot be an image tag")
    return value


_version = click.option(
    "--version",
    "version",
    metavar="VERSION",
    callback=lambda _context, _parameter, value: None if value is None else _tag(value),
    help="The image tag in each service's ECR repository.",
)
_service = click.option(
    "-s",
    "--service",
    "services",
    metavar="SERVICE[=VERSION][,...]",
    multiple=True,
    callback=lambda _context, _parameter, value: split_services(value),
    help="A service, with =VERSION at a version of its own; repeat it or use commas for several. Default: all, at --version. "
    "`all` with others: all, those at their own.",
)
_sync = click.option(
    "--sync", is_flag=True, help="Move to the newest template too, as `appdeploy sync` does without a new version."
)
