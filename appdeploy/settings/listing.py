"""Reads a service's settings for display: value, default, and how many running tasks have it. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.errors import unreadable
from appdeploy.settings.setting import Setting
from appdeploy.settings.store import first_value, read_history, read_settings
from appdeploy.settings.tasks import task_creation_times

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


@dataclass(frozen=True)
class Listed:
    """One setting."""

    setting: Setting
    default: str | None
    """The value with which infra created it; None if SSM does not have that version any more."""
    tasks: int
    """How many tasks run."""
    current: int
    """How many of them were created while it had this value."""


def list_settings(clients: Clients, environment: str, service: str) -> list[Listed]:
    """The settings of a service. Raises Refused when they cannot be read."""
    contract = read_contract(clients, environment, unreadable)
    [known] = contract.select((service,))
    with unreadable(f"the settings of {service} could not be read"):
        settings = read_settings(clients.ssm, environment, service)
        created = task_creation_times(clients.ecs, contract.platform.cluster, known.service) if settings else []
        return [_listed(clients, environment, service, setting, created) for setting in settings.values()]


def _listed(clients: Clients, environment: str, service: str, setting: Setting, created: Sequence[datetime]) -> Listed:
    history = [setting] if setting.version == 1 else read_history(clients.ssm, environment, service, setting.key)
    current = sum(1 for moment in created if value_at(history, moment) == setting.value)
    return Listed(setting, first_value(history), len(created), current)


def value_at(history: Sequence[Setting], moment: datetime) -> str | None:
    """The value that a task created then has read; None if the history, newest first, does not reach back to it."""
    return next((version.value for version in history if version.modified < moment), None)


def setting_lines(service: str, listed: Sequence[Listed]) -> Iterator[str]:
    """One line per setting."""
    for item in listed:
        default = "default not known" if item.default is None else f"default {item.default}"
        yield f"{item.setting.key}={item.setting.value}  ({default}; {_tasks(item)})"
    if not listed:
        yield f"{service} has no settings: `settings` in the stack file declares them"


def _tasks(item: Listed) -> str:
    if item.tasks == 0:
        return "no running tasks"
    if item.current == item.tasks:
        return "all tasks have it"
    return f"{item.current} of {item.tasks} tasks have it, the others started with another value"
