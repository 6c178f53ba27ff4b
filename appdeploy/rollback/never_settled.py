"""Versions that were live, and were replaced before ECS had completed their deployment: no target, but named they are one.

ECS's record of such a deployment is STOPPED, as of one whose tasks never worked. That it was live is in the ledger alone, where
the release that saw it wrote so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.aws.errors import AwsError
from appdeploy.aws.parallel import with_timeout
from appdeploy.ledger.replaced import replacer
from appdeploy.ledger.store import Ledger
from appdeploy.model.outcome import Outcome
from appdeploy.settings.history import LEDGER_SECONDS

if TYPE_CHECKING:
    from datetime import datetime

    from appdeploy.aws.clients import Clients
    from appdeploy.model.ledger_entry import Entry, ServiceEntry

_ENTRIES = 50


@dataclass(frozen=True)
class NeverSettled:
    """One such deployment."""

    release: str
    """The id of its release."""
    task_definition: str
    """ARN."""
    live_at: datetime
    live_seconds: float | None
    """Until the release began that replaced it; None if that is not known."""
    superseded_by: str | None
    """The id of that release; None if it is not known."""


def read_entries(clients: Clients, table: str | None) -> Sequence[Entry]:
    """The newest entries that can be read, newest first; none if the table is not known or does not answer in time."""
    if table is None:
        return ()
    ledger = Ledger(clients.once.dynamodb, table)
    try:
        return with_timeout(LEDGER_SECONDS, lambda: ledger.newest(_ENTRIES))
    except (TimeoutError, *AwsError):
        return ()


def never_settled(
    entries: Sequence[Entry], service: str, stopped: Collection[str], others: Collection[str]
) -> Iterator[NeverSettled]:
    """Those of a service, newest first, each task definition once. Pure.

    `stopped` are the deployments that ECS calls STOPPED, which no command may have written to the ledger yet; `others` are the
    task definitions that need no mention.
    """
    shown = set(others)
    for entry in entries:
        recorded = entry.services.get(service)
        if recorded is None or recorded.live_at is None or recorded.target.task_definition is None:
            continue
        by = replacer(entries, entry, service)
        if recorded.target.task_definition in shown or not _was_superseded(recorded, by, stopped):
            continue
        shown.add(recorded.target.task_definition)
        seconds = (by.started - recorded.live_at).total_seconds() if by else None
        yield NeverSettled(
            release=entry.id,
            task_definition=recorded.target.task_definition,
            live_at=recorded.live_at,
            live_seconds=max(0.0, round(seconds, 1)) if seconds is not None else None,
            superseded_by=by.id if by else recorded.superseded_by,
        )


def _was_superseded(recorded: ServiceEntry, by: Entry | None, stopped: Collection[str]) -> bool:
    if recorded.settled:
        return recorded.outcome == Outcome.SUPERSEDED.value
    return by is not None and recorded.deployment_id in stopped
