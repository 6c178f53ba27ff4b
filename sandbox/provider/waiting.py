"""Waiting for what takes AWS its time."""

from __future__ import annotations

import time
from collections.abc import Callable

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 10.0
"""Between two looks: of minutes, as with the profile `aws`, a look at each tenth of a second would fill the record of calls."""


class TookTooLong(ValueError):
    """The state did not come. The message is one line."""


def wait_for(state: str, look: Callable[[], str], what: str, seconds: float) -> None:
    """Return when `look` finds the state; raises TookTooLong when it has not come after so many seconds."""
    deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE_SECONDS
    while (found := look()) != state:
        if time.monotonic() + pause > deadline:
            raise TookTooLong(f"{what} is {found}, not {state}, after {seconds:.0f} s")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
