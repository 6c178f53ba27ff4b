"""Waits until nothing is under way in an environment and all works (`appdeploy status --wait`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING

from appdeploy.model.outcome import ExitCode
from appdeploy.status.watch import Look, look_again, read_first

if TYPE_CHECKING:
    from appdeploy.model.clock import Clock
    from appdeploy.status.report import StatusReport


class Standing(Enum):
    """Where an environment stands."""

    STEADY = "nothing is under way, and all works"
    UNDER_WAY = "something is still under way"
    UNHEALTHY = "nothing is under way, and something fails or could not be read"

    @property
    def exit_code(self) -> ExitCode:
        """The exit status of a wait that ends with it."""
        match self:
            case Standing.STEADY:
                return ExitCode.OK
            case Standing.UNDER_WAY:
                return ExitCode.TIMED_OUT
            case Standing.UNHEALTHY:
                return ExitCode.FAILED


def standing(look: Look) -> Standing:
    """Where an environment stands, by its newest status. Pure. What could not be read is not known to work.

    Without lock and ledger it is not known whether a command is between two of its steps.
    """
    report = look.report
    if report.busy:
        return Standing.UNDER_WAY
    works = report.healthy and look.trouble is None and report.ledger_problem is None
    return Standing.STEADY if works else Standing.UNHEALTHY


class Wait:
    """The statuses of an environment until it is steady, or the time is over."""

    def __init__(self, read: Callable[[], StatusReport], clock: Clock, interval: float, timeout: float) -> None:
        """Both times are in seconds."""
        self._read = read
        self._clock = clock
        self._interval = interval
        self._timeout = timeout
        self.newest: Look | None = None
        """What the last read found."""

    def __iter__(self) -> Iterator[Look]:
        """Each status that differs from the one before.

        Raises Refused if the first read fails; a later failure is shown, and the read is retried. An interruption raises
        KeyboardInterrupt or Interrupted.
        """
        end = self._clock.now() + self._timeout
        shown = self.newest = read_first(self._read, self._clock)
        yield shown
        while standing(self.newest) is not Standing.STEADY and self._clock.now() < end:
            self._clock.sleep(min(self._interval, end - self._clock.now()))
            self.newest = look_again(self._read, self._clock, self.newest)
            if self.newest != shown:
                shown = self.newest
                yield shown

    @property
    def standing(self) -> Standing:
        """Where the environment stood at the end."""
        assert self.newest is not None, "it is asked after the first status"
        return standing(self.newest)
