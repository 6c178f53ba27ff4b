"""Which release replaced another one, and which deployments are whose, as their entries prove it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from appdeploy.model.ledger_entry import Entry

ENTRIES_COMPARED = 50
"""How many of the newest entries are looked through."""

FOUND = "found"
"""Kind of an entry that no release wrote: it records what was found in ECS."""


def replacer(entries: Iterable[Entry], entry: Entry, service: str) -> Entry | None:
    """The release whose deployment of the service replaced that of `entry`; None if no entry proves it. `entries` in any order.

    It is the first one after it that may have updated the service, if ECS listed the deployment of `entry` before it.
    """
    later = sorted((other for other in entries if other.started > entry.started and _updates(other, service)), key=_started)
    first = next(iter(later), None)
    if first is None or first.services[service].deployment_id is None:
        return None
    return first if entry.services[service].deployment_id in first.services[service].deployments_before else None


def deployments_of_others(entries: Iterable[Entry], entry: Entry, service: str) -> frozenset[str]:
    """Ids of the deployments of the service that the entries of other releases record as theirs."""
    others = (other for other in entries if other.id != entry.id and other.kind != FOUND)
    recorded = (other.services[service] for other in others if service in other.services)
    ids = (found for each in recorded for found in (each.deployment_id, each.revert_deployment_id))
    return frozenset(found for found in ids if found is not None)


def _started(entry: Entry) -> datetime:
    return entry.started


def _updates(entry: Entry, service: str) -> bool:
    recorded = entry.services.get(service)
    return recorded is not None and recorded.base is not None and recorded.update_sent is not False
