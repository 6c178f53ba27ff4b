"""A release as `releases --json` and `releases show --json` print it."""

from __future__ import annotations

from pydantic import Field

from appdeploy.model.ledger_entry import Entry
from appdeploy.model.outcome import Outcome
from appdeploy.reconcile.entry_state import EntryState

_EXIT_CODES = {outcome.value: int(outcome.exit_code) for outcome in Outcome}


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

    @classmethod
    def of(cls, reading: EntryState) -> ReleaseView:
        """The view of an entry that was read."""
        entry = reading.entry
        return cls.model_construct(
            **dict(entry),
            overall=entry.outcome,
            exit_code=_EXIT_CODES.get(entry.outcome or ""),
            final=entry.settled,
            problem=reading.problem,
        )
