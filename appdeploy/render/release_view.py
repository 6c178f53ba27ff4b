"""A release as `releases --json` and `releases show --json` print it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import Outcome
from appdeploy.reconcile.entry_state import EntryState


class ReleaseView(Entry):
    """The ledger's entry, with what its services' outcomes amount to."""

    overall: str | None = Field(serialization_alias="outcome")
    """The worst outcome of the services; null while one is not decided."""
    exit_code: int | None
    """The exit status for that outcome; null without one."""
    final: bool = Field(serialization_alias="settled")
    """Whether every service's outcome is final."""
    problem: str | None
    """Why it could not be settled; null when nothing was in the way."""


def release_view(reading: EntryState) -> dict[str, Any]:
    """As plain values for JSON."""
    entry = reading.entry
    codes = {outcome.value: int(outcome.exit_code) for outcome in Outcome}
    ended = {"outcome": entry.outcome, "exit_code": codes.get(entry.outcome or ""), "settled": entry.settled}
    return {**entry.model_dump(mode="json"), **ended, "problem": reading.problem}
