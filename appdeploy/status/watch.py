"""Looks at an environment's status again and again."""

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
    """What is to be shown from now on."""

    report: StatusReport
    """As it was read last."""
    trouble: str | None = None
    """Why it could not be read again; None when it was."""


def watch(read: Callable[[], StatusReport], clock: Clock, interval: float) -> Iterator[Look]:
    """Each look that shows something else than the one before, `interval` seconds apart, without an end.

    Raises Refused when already the first one fails; one that fails later is shown, and tried again. An interruption raises
    KeyboardInterrupt or Interrupted.
    """
    shown = look = Look(_read(read, clock))
    yield shown
    while True:
        clock.sleep(interval)
        look = _again(read, clock, look)
        if look != shown:
            shown = look
            yield shown


def _again(read: Callable[[], StatusReport], clock: Clock, previous: Look) -> Look:
    try:
        return Look(_read(read, clock))
    except Refused as error:
        return Look(previous.report, "; ".join(error.lines))


def _read(read: Callable[[], StatusReport], clock: Clock) -> StatusReport:
    with interruptible(clock):
        return read()
