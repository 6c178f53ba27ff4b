"""Reads the ledger for display, after settling the open entries with what ECS decided meanwhile."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from appdeploy.aws.contract_reader import read_contract
from appdeploy.aws.errors import unreadable
from appdeploy.ledger.store import Ledger
from appdeploy.model.errors import Refused
from appdeploy.model.ledger_entry import LedgerError
from appdeploy.reconcile.entry_state import EntryState
from appdeploy.reconcile.record_external import record_external

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appdeploy.aws.clients import Clients
    from appdeploy.aws.contract_reader import EnvironmentContract


def list_releases(clients: Clients, environment: str, most: int, before: str | None, *, only_open: bool) -> list[EntryState]:
    """The newest releases, newest first; with `before` those older than that release. Raises Refused."""
    contract, open_readings = read_reconciled(clients, environment)
    with _readable(environment):
        if only_open:
            return [reading for reading in open_readings if not reading.entry.settled][:most]
        found = {reading.entry.id: reading for reading in open_readings}
        entries = Ledger(clients.dynamodb, contract.platform.releases_table).newest(most, before)
        return [found.get(entry.id, EntryState(entry)) for entry in entries]


def read_release(clients: Clients, environment: str, release_id: str) -> EntryState:
    """One release. Raises Refused when there is none with that id."""
    contract, open_readings = read_reconciled(clients, environment)
    found = {reading.entry.id: reading for reading in open_readings}
    with _readable(environment):
        entry = Ledger(clients.dynamodb, contract.platform.releases_table).get(release_id)
    if entry is None:
        raise Refused(f"{environment} has no release {release_id}: appdeploy releases -e {environment} lists them")
    return found.get(entry.id, EntryState(entry))


def read_reconciled(clients: Clients, environment: str) -> tuple[EnvironmentContract, list[EntryState]]:
    """The contract, and the open entries, settled as far as ECS has decided. Raises Refused."""
    contract = read_contract(clients, environment, unreadable)
    with _readable(environment):
        return contract, reconcile(clients, contract)


def reconcile(clients: Clients, contract: EnvironmentContract) -> list[EntryState]:
    """Settle open entries and record deployments outside the tool. Returns the entries that were open, newest first."""
    open_entries = Ledger(clients.dynamodb, contract.platform.releases_table).open()
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
