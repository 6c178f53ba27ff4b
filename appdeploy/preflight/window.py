"""Checks the environment's release windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from appdeploy.model.window import ReleaseWindow, is_open, next_opening
from appdeploy.preflight.check import Check, Verdict

WHAT = "window"


def check_window(environment: str, windows: Sequence[ReleaseWindow], now: datetime) -> tuple[Check, ...]:
    """One row for the whole environment; none if it has no windows."""
    if not windows:
        return ()
    if is_open(windows, now):
        return (Check(environment, WHAT, Verdict.OK, "open"),)
    opening, window = next_opening(windows, now)
    until = f"{opening.astimezone(ZoneInfo(window.time_zone)):%a %d %b %H:%M} {window.time_zone}"
    return (Check(environment, WHAT, Verdict.NO, f"closed until {until}", "run this again then", waivable=True),)
