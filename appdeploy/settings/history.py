"""Finds in the ledger the settings of a rollback target. A failed read never blocks a rollback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError
from appdeploy.aws.parallel import with_timeout
from appdeploy.ledger.store import Ledger
from appdeploy.model.ledger_entry import Entry, SettingChange, StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.model.plan import Change, NoChange, ServicePlan

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients

LEDGER_SECONDS = 0.8
"""How long a rollback waits for the ledger, in parallel to other reads; equal to CONTRACT_SECONDS, for the same reason."""
_ENTRIES = 50


def recent_entries(clients: Clients, table: str | None) -> tuple[Entry, ...]:
    """The newest entries, newest first; none if the table is not known, does not answer
    in time, or has one among them that cannot be read. One call."""
    if table is None:
        return ()
    ledger = Ledger(clients.once.dynamodb, table)
    try:
        entries = tuple(with_timeout(LEDGER_SECONDS, lambda: ledger.newest(_ENTRIES)))
    except (TimeoutError, *AwsError):
        return ()
    return () if ledger.unreadable else entries  # One that cannot be read may have changed a setting.


def with_settings_of_target(plan: ServicePlan | NoChange, entries: Sequence[Entry]) -> ServicePlan | NoChange:
    """The plan, with the settings to restore: those changed since its task definition was last live."""
    if isinstance(plan, NoChange):
        return plan
    return replace(plan, settings=previous_values(entries, plan.contract.name, plan.base.arn))


def previous_values(entries: Sequence[Entry], service: str, task_definition: str) -> tuple[SettingChange, ...]:
    """The setting changes that revert those made since that task definition was last live. `entries` are newest first.

    Empty if the entries do not reach back to it: then the earlier values are not known.
    """
    relevant = [entry for entry in entries if service in entry.services]
    later = list(takewhile(lambda entry: not _was_live(entry, service, task_definition), relevant))
    if len(later) == len(relevant):
        return ()
    previous: dict[str, str] = {}
    current: dict[str, str] = {}
    for change in _written(later, service):
        current.setdefault(change.key, change.target)
        previous[change.key] = change.previous
    return tuple(
        SettingChange(key=key, previous=current[key], target=value) for key, value in previous.items() if current[key] != value
    )


def _was_live(entry: Entry, service: str, task_definition: str) -> bool:
    recorded = entry.services[service]
    return recorded.outcome == Outcome.LIVE.value and recorded.target.task_definition == task_definition


def _written(entries: Sequence[Entry], service: str) -> Iterator[SettingChange]:
    """The changes that these entries made and did not restore, newest first."""
    for entry in entries:
        recorded = entry.services[service]
        written = recorded.change == Change.ROLLBACK.value or any(
            step.kind is StepKind.WRITE_SETTINGS and step.service == service for step in entry.steps
        )
        if written and entry.last_finished_step(StepKind.RESTORE_SETTINGS, service) is None:
            yield from recorded.settings
