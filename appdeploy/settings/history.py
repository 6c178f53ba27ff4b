"""The settings that were in force at a point of the way back, from the ledger. Never in the way of a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError
from appdeploy.aws.parallel import with_timeout
from appdeploy.ledger.store import Ledger
from appdeploy.model.ledger_entry import Entry, LedgerError, SettingChange, StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import NoChange, ServicePlan

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients

LEDGER_SECONDS = 0.8
"""How long a rollback waits for the ledger, beside its other reads; as short as CONTRACT_SECONDS, for the same reason."""
_ENTRIES = 50
_RETURN = "return"


def recent_entries(clients: Clients, table: str | None) -> tuple[Entry, ...]:
    """The newest entries, newest first; none when the table is not known or does not answer in time. One call."""
    if table is None:
        return ()
    ledger = Ledger(clients.once.dynamodb, table)
    try:
        return tuple(with_timeout(LEDGER_SECONDS, lambda: ledger.newest(_ENTRIES)))
    except (TimeoutError, LedgerError, *AwsError):
        return ()


def with_settings_of_target(plan: ServicePlan | NoChange, entries: Sequence[Entry]) -> ServicePlan | NoChange:
    """The same return, with the settings that differ from those in force when its task definition was live last."""
    if isinstance(plan, NoChange):
        return plan
    return replace(plan, settings=previous_values(entries, plan.contract.name, plan.base.arn))


def previous_values(entries: Sequence[Entry], service: str, task_definition: str) -> tuple[SettingChange, ...]:
    """What undoes the changes of settings since that task definition was live last. `entries` are newest first.

    Nothing when the entries do not reach back to it: then nobody knows what was in force.
    """
    concerned = [entry for entry in entries if service in entry.services]
    later = list(takewhile(lambda entry: not _was_live(entry, service, task_definition), concerned))
    if len(later) == len(concerned):
        return ()
    previous: dict[str, str] = {}
    present: dict[str, str] = {}
    for change in _written(later, service):
        present.setdefault(change.key, change.target)
        previous[change.key] = change.previous
    return tuple(
        SettingChange(key=key, previous=present[key], target=value) for key, value in previous.items() if present[key] != value
    )


def _was_live(entry: Entry, service: str, task_definition: str) -> bool:
    told = entry.services[service]
    return told.outcome == Outcome.LIVE.value and told.target.task_definition == task_definition


def _written(entries: Sequence[Entry], service: str) -> Iterator[SettingChange]:
    """The changes that these entries made and did not take back, newest first."""
    for entry in entries:
        told = entry.services[service]
        tried = told.change == _RETURN or any(
            step.kind is StepKind.WRITE_SETTINGS and step.service == service for step in entry.steps
        )
        if tried and entry.last_finished_step(StepKind.RESTORE_SETTINGS, service) is None:
            yield from told.settings
