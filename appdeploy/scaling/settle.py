"""Settles what the ledger says of a change of a count with what ECS says."""

from __future__ import annotations

from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import ServiceResult
from appdeploy.scaling.watch import judge_count


def settle_count(entry: Entry, name: str, state: ServiceState) -> ServiceResult | None:
    """How it ended; None while that is open, or for `appdeploy resume` to say.

    A count that is the previous one was not sent yet; whether a hold is complete only its command knows.
    """
    change = entry.services[name].count
    if change is None or change.target is None:
        return None
    if state.desired == change.previous != change.target:
        return None
    if change.hold_until is not None and entry.reported is None and state.desired == change.target:
        return None
    return judge_count(name, change.target, state)
