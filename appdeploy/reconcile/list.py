"""Reads the ledger for display, after settling the open entries with what ECS decided meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.errors import AwsError, explain, unreadable
from appdeploy.ledger.store import Ledger, UnreadableEntry
from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import Entry, LedgerError
from appdeploy.reconcile.entry_state import EntryState
from appdeploy.reconcile.record_external import record_external

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract


LATEST = "latest"
_RECENT = 100
"""Releases among which the end of an id is looked for, and which are read at once where only some are wanted."""


@dataclass(frozen=True)
class Wanted:
    """Which releases are listed."""

    service: str | None = None
    """Only those that changed this service."""
    outcome: str | None = None
    """Only those that ended so."""
    since: datetime | None = None
    """Only those that were started then or later."""

    def has(self, release: EntryState | UnreadableEntry) -> bool:
        """Whether it is one of them. One that cannot be read may be."""
        if isinstance(release, UnreadableEntry):
            return True
        entry = release.entry
        changed = self.service is None or self.service in entry.services
        return changed and self.outcome in (None, entry.outcome) and self.may_come(entry)

    def may_come(self, entry: Entry | UnreadableEntry) -> bool:
        """Whether this one or an older one may be one of them."""
        return isinstance(entry, UnreadableEntry) or self.since is None or entry.started >= self.since


EVERYTHING = Wanted()


def list_releases(
    clients: Clients, environment: str, most: int, before: str | None, *, only_open: bool, wanted: Wanted = EVERYTHING
) -> list[EntryState | UnreadableEntry]:
    """The newest releases, newest first; with `before` those older than that release. Raises Refused.

    What cannot be read or settled hides nothing else: it is in the list, with what is wrong.
    """
    contract = read_contract(clients, environment, unreadable)
    ledger = Ledger(clients.dynamodb, contract.platform.releases_table)
    with _readable(environment):
        open_releases = read_open(clients, contract, ledger)
        if only_open:
            still_open = (reading for reading in open_releases if not reading.entry.settled)
            listed = chain[EntryState | UnreadableEntry](still_open, ledger.unreadable)
            return list(islice(filter(wanted.has, listed), most))
        found = {reading.entry.id: reading for reading in open_releases}
        # As many as are shown where all are wanted.
        entries = ledger.entries(before, at_once=most if wanted == EVERYTHING else _RECENT)
        shown = (
            entry if isinstance(entry, UnreadableEntry) else found.get(entry.id, EntryState(entry))
            for entry in takewhile(wanted.may_come, entries)
        )
        return list(islice(filter(wanted.has, shown), most))


def read_release(clients: Clients, environment: str, release_id: str) -> EntryState:
    """One release, by its id, a unique end of that, or `latest`. Raises Refused when there is none, or several."""
    contract = read_contract(clients, environment, unreadable)
    ledger = Ledger(clients.dynamodb, contract.platform.releases_table)
    with _readable(environment):
        found = {reading.entry.id: reading for reading in read_open(clients, contract, ledger)}
        entry = find_entry(ledger, environment, release_id)
    return found.get(entry.id, EntryState(entry))


def find_entry(ledger: Ledger, environment: str, release: str) -> Entry:
    """The entry of that id, of an id that ends so among the newest hundred, or the newest one for `latest`.

    Raises Refused. Errors of the SDK, and LedgerError for an entry that cannot be read, are raised.
    """
    try:
        named = [entry for entry in [ledger.get(release)] if entry is not None]
    except LedgerError:
        raise
    except ValueError:  # No id.
        recent = ledger.newest(1 if release == LATEST else _RECENT)
        named = [entry for entry in recent if release == LATEST or entry.id.endswith(release)]
    if len(named) > 1:
        raise Refused(f"{release} is the end of several releases: {', '.join(entry.id for entry in named)}")
    if not named:
        raise Refused(f"{environment} has no release {release}: `appdeploy releases -e {environment}` lists them")
    return named[0]


def read_reconciled(clients: Clients, environment: str) -> tuple[EnvironmentContract, list[EntryState]]:
    """The contract, and the open entries, settled as far as ECS has decided. Raises Refused."""
    contract = read_contract(clients, environment, unreadable)
    with _readable(environment):
        return contract, reconcile(clients, contract, Ledger(clients.dynamodb, contract.platform.releases_table))


def read_open(clients: Clients, contract: EnvironmentContract, ledger: Ledger) -> list[EntryState]:
    """The open entries, settled; when something beside the ledger does not answer, as they are, and why.

    Errors of the SDK are raised when the ledger does not answer.
    """
    try:
        return reconcile(clients, contract, ledger)
    except AwsError as error:
        problem = explain(error)
        return [EntryState(entry, problem=problem) for entry in ledger.open()]


def reconcile(clients: Clients, contract: EnvironmentContract, ledger: Ledger) -> list[EntryState]:
    """Settle open entries and record deployments outside the tool. Returns the entries that were open, newest first."""
    open_entries = ledger.open()
    states: list[EntryState] = []
    if open_entries:  # Settling needs all that watches a release; most commands find nothing to settle, and start faster.
        from appdeploy.reconcile.settle import settle_entries

        states = settle_entries(clients, contract, open_entries)
    record_external(clients, contract)
    return states


@contextmanager
def _readable(environment: str) -> Iterator[None]:
    try:
        with unreadable(f"the ledger of {environment} could not be read"):
            yield
    except LedgerError as error:
        raise Refused(f"the ledger of {environment} cannot be read: {error}") from None
    except ValueError as error:
        raise Refused(str(error)) from None
