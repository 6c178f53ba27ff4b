"""Whether the environment takes releases at this time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from appdeploy.preflight.check import Check, Verdict
from appdeploy.window import ReleaseWindow, is_open, next_opening

WHAT = "window"


def look_at_window(environment: str, windows: Sequence[ReleaseWindow], now: datetime) -> tuple[Check, ...]:
    """One row for the whole environment; none when it takes releases at any time."""
    if not windows:
        return ()
    if is_open(windows, now):
        return (Check(environment, WHAT, Verdict.OK, "open"),)
    opening = next_opening(windows, now)
    remedy = "run this again then" if opening else "give the contract a window that opens"
    return (Check(environment, WHAT, Verdict.NO, f"closed{_until(opening)}", remedy, waivable=True),)


def _until(opening: tuple[datetime, ReleaseWindow] | None) -> str:
    if opening is None:
        return ""
    moment, window = opening
    return f" until {moment.astimezone(ZoneInfo(window.time_zone)):%a %d %b %H:%M} {window.time_zone}"
