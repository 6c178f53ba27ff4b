"""An entry of the ledger as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass

from appdeploy.model.ledger_entry import Entry


@dataclass(frozen=True)
class EntryState:
    """An entry after settling."""

    entry: Entry
    running: bool = False
    """Whether a command is running it now, or died within the last lease."""
    problem: str | None = None
    """Why it could not be settled; None when nothing was in the way."""

    @property
    def resumable(self) -> bool:
        """Whether it can be resumed: no outcome was reported, or previous settings must be restored."""
        settings_pending = any(self.entry.settings_pending(name) for name in self.entry.services)
        return not self.running and not self.entry.settled and (self.entry.outcome is None or settings_pending)


def state_text(reading: EntryState) -> str:
    """The state of a release, in a few words."""
    entry = reading.entry
    if entry.outcome is None:
        return "running" if reading.running else "interrupted" if entry.reported is None else "open"
    return entry.outcome if entry.settled else f"{entry.outcome}, not settled"
