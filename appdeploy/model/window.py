"""Release windows: when releases may start, by days and wall-clock times of a time zone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_SEARCH_DAYS = 9
"""Every window opens at least once a week; a clock change may skip one opening."""


class Day(StrEnum):
    """Days in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value!r} is not a time zone; use a name such as Europe/Berlin") from None
    return value


class ReleaseWindow(BaseModel):
    """Days and times in which releases may start. A window that closes before it opens lasts into the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    """The days on which it opens."""
    opens: TimeOfDay
    closes: TimeOfDay
    """The first minute in which no release may start."""
    time_zone: Annotated[str, AfterValidator(_zone)]

    @model_validator(mode="after")
    def _opens_at_all(self) -> Self:
        if self.opens == self.closes:
            raise ValueError(f"it opens and closes at {self.opens}: the window would never be open")
        return self

    def holds(self, moment: datetime) -> bool:
        """Whether it is open at a time-zone-aware moment."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        now, today = local.strftime("%H:%M"), local.date()
        if self.opens < self.closes:
            return self._opens_on(today) and self.opens <= now < self.closes
        opened_today, opened_yesterday = (
            now >= self.opens and self._opens_on(today),
            now < self.closes and self._opens_on(_day_before(today)),
        )
        return opened_today or opened_yesterday

    def openings(self, moment: datetime) -> Iterator[datetime]:
        """When it opens after a moment, in UTC."""
        zone = ZoneInfo(self.time_zone)
        today = moment.astimezone(zone).date()
        for day in (today + timedelta(days) for days in range(_SEARCH_DAYS)):
            if self._opens_on(day):
                opening = datetime.combine(day, time.fromisoformat(self.opens), zone).astimezone(UTC)
                if opening > moment:
                    yield opening

    def _opens_on(self, day: date) -> bool:
        return list(Day)[day.weekday()] in self.days


def is_open(windows: Sequence[ReleaseWindow], moment: datetime) -> bool:
    """Whether a release may start. Without any window it always may."""
    return not windows or any(window.holds(moment) for window in windows)


def next_opening(windows: Sequence[ReleaseWindow], moment: datetime) -> tuple[datetime, ReleaseWindow]:
    """The next opening, and the window that opens. `windows` must not be empty."""
    opening, index = min((opening, index) for index, window in enumerate(windows) for opening in window.openings(moment))
    return opening, windows[index]


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
