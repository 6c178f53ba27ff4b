"""Reads an environment's status repeatedly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.model.clock import interruptible
from appdeploy.model.errors import Refused

if TYPE_CHECKING:
    from appdeploy.model.clock import Clock
    from appdeploy.status.report import StatusReport


@dataclass(frozen=True)
class Look:
    """The status to show from now on."""

    report: StatusReport
    """The last successful read."""
    trouble: str | None = None
    """Why the latest read failed; None if it succeeded."""


def watch(read: Callable[[], StatusReport], clock: Clock, interval: float) -> Iterator[Look]:
    """Yield each status that differs from the one before; reads every `interval` seconds, without an end.

    Raises Refused if the first read fails; a later failure is shown, and the read is retried. An interruption raises
    KeyboardInterrupt or Interrupted.
    """
    shown = look = read_first(read, clock)
    yield shown
    while True:
        clock.sleep(interval)
        look = look_again(read, clock, look)
        if look != shown:
            shown = look
            yield shown


def read_first(read: Callable[[], StatusReport], clock: Clock) -> Look:
    """The first status. Raises Refused if it cannot be read."""
    return Look(_read(read, clock))


def look_again(read: Callable[[], StatusReport], clock: Clock, previous: Look) -> Look:
    """The status now; if it cannot be read, the previous one and why."""
    try:
        return Look(_read(read, clock))
    except Refused as error:
        return Look(previous.report, "; ".join(error.lines))


def _read(read: Callable[[], StatusReport], clock: Clock) -> StatusReport:
    with interruptible(clock):
        return read()
