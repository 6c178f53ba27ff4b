"""Settles what the ledger says of a change of a count with what ECS says."""

from __future__ import annotations

from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import ServiceResult
from appdeploy.scaling.watch import judge_count


def settle_count(entry: Entry, name: str, state: ServiceState) -> ServiceResult | None:
    """How it ended; None while that is open, or for `appdeploy resume` to say.

    A count that is the former one was not sent yet; whether a hold is complete only its command knows.
    """
    change = entry.services[name].count
    if change is None or change.wanted is None:
        return None
    if state.desired == change.former != change.wanted:
        return None
    if change.until is not None and entry.told is None and state.desired == change.wanted:
        return None
    return judge_count(name, change.wanted, state)
