"""Settles the ledger entry of a change of a count with what ECS reports."""

from __future__ import annotations

from appdeploy.model.ecs_state import ServiceState
from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import ServiceResult
from appdeploy.scaling.watch import judge_count


def settle_count(entry: Entry, name: str, state: ServiceState) -> ServiceResult | None:
    """The result; None while undecided, or if `appdeploy resume` must decide.

    If the count is still the previous one, it was not sent yet. Only its command knows whether a hold is complete.
    """
    change = entry.services[name].count
    if change is None or change.target is None:
        return None
    if state.desired == change.previous != change.target:
        return None
    if change.hold_until is not None and entry.reported is None and state.desired == change.target:
        return None
    return judge_count(name, change.target, state)
