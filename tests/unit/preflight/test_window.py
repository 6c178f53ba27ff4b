"""When an environment takes releases, by the wall clock of the window's own zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from appdeploy.model.contract import PlatformContract
from appdeploy.model.operation import Deploy, Restart
from appdeploy.model.window import Day, ReleaseWindow, is_open, next_opening
from appdeploy.plan.prepare import Request, prepare
from appdeploy.preflight.check import Verdict
from tests.support.release_scenario import DONE, Moment, platform_contract

BERLIN = "Europe/Berlin"
OFFICE = ReleaseWindow(days=("mon", "tue", "wed", "thu"), opens="09:00", closes="16:00", time_zone=BERLIN)
NIGHT = ReleaseWindow(days=("fri",), opens="22:00", closes="04:00", time_zone=BERLIN)


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN))


@pytest.mark.parametrize(
    ("window", "moment", "open_"),
    [
        (OFFICE, "2026-11-23T09:00", True),
        (OFFICE, "2026-11-23T08:59", False),
        (OFFICE, "2026-11-23T15:59", True),
        (OFFICE, "2026-11-23T16:00", False),
        (OFFICE, "2026-11-27T10:00", False),
        (NIGHT, "2026-11-27T23:00", True),
        (NIGHT, "2026-11-28T03:59", True),
        (NIGHT, "2026-11-28T04:00", False),
        (NIGHT, "2026-11-27T03:00", False),
        (NIGHT, "2026-11-28T23:00", False),
    ],
)
def test_it_opens_and_closes_by_the_wall_clock(window, moment, open_):
    assert window.holds(berlin(moment)) is open_
    assert window.holds(berlin(moment).astimezone(UTC)) is open_


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change():
    summer, winter = berlin("2026-10-22T09:00"), berlin("2026-10-26T09:00")
    assert OFFICE.holds(summer)
    assert OFFICE.holds(winter)
    assert summer.astimezone(UTC).hour != winter.astimezone(UTC).hour


def test_without_a_window_it_is_always_open():
    assert is_open((), datetime.now(UTC))


def test_the_next_opening_is_the_soonest_of_all_windows():
    opening, window = next_opening((NIGHT, OFFICE), berlin("2026-11-26T16:30").astimezone(UTC))
    assert (opening.astimezone(ZoneInfo(BERLIN)).isoformat()[:16], window) == ("2026-11-27T22:00", NIGHT)


times = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
windows = st.builds(
    lambda days, opens, closes, zone: (days, opens, closes, zone),
    st.sets(st.sampled_from(list(Day)), min_size=1),
    times,
    times,
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
).filter(lambda drawn: drawn[1] != drawn[2])


@given(windows, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_every_window_opens_within_nine_days_and_is_closed_until_then(drawn, moment):
    days, opens, closes, zone = drawn
    window = ReleaseWindow(days=tuple(days), opens=opens, closes=closes, time_zone=zone)
    moment = moment.replace(tzinfo=UTC)
    opening, _ = next_opening((window,), moment)
    assert moment < opening <= moment + timedelta(days=9)
    if not window.holds(moment):
        between = [moment + (opening - moment) * part / 7 for part in range(7)]
        assert not any(window.holds(each.replace(second=0, microsecond=0)) for each in between)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"opens": "16:00"}, "would never be open"),
        ({"time_zone": "Berlin"}, "is not a time zone"),
        ({"days": []}, "at least 1 item"),
        ({"days": ["someday"]}, "mon"),
        ({"opens": "9:00"}, "pattern"),
    ],
)
def test_a_window_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValidationError, match=said):
        ReleaseWindow(**{**OFFICE.model_dump(), **wrong})


def test_fourteen_windows_fit_a_parameter():
    contract = platform_contract(windows=(NIGHT,) * 14)
    assert PlatformContract.parse(contract.dump()).windows == (NIGHT,) * 14


# A release outside of it


SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def look(aws, clients):
    """The window's row of a release at a moment; None when there is none."""
    aws.environment(aws.released())
    aws.parameters["platform"] = platform_contract(windows=(OFFICE,)).dump()

    def go(moment, incident=None, goal=Deploy("v2")):  # noqa: B008
        prepared = prepare(Request("staging", goal, (), incident), clients, moment)
        return next((check for check in prepared.checks if check.what == "window"), None)

    return go


@pytest.mark.parametrize("goal", [Deploy("v2"), Restart()], ids=["deploy", "restart"])
def test_outside_a_release_is_refused_and_told_when_to_come_back(look, goal):
    row = look(SUNDAY, goal=goal)
    assert (row.verdict, row.service) == (Verdict.NO, "staging")
    assert row.found == "closed until Mon 23 Nov 09:00 Europe/Berlin"
    assert row.remedy == "run this again then; --during-incident REASON bypasses this"


def test_inside_it_is_not(look):
    assert look(MONDAY).verdict is Verdict.OK


def test_an_environment_without_windows_has_no_such_row(aws, look):
    aws.parameters["platform"] = platform_contract().dump()
    assert look(SUNDAY) is None


def test_an_incident_passes_it_and_says_so(look):
    row = look(SUNDAY, incident="customers cannot log in")
    assert (row.verdict, row.remedy) == (Verdict.OK, "")
    assert row.found == "closed until Mon 23 Nov 09:00 Europe/Berlin; bypassed during an incident"


def test_the_command_is_refused_and_an_incident_leaves_its_trace(aws, command, capsys):
    """On each day but today and the two next to it, so that no midnight comes in between."""
    today = datetime.now(UTC).weekday()
    days = tuple(day for place, day in enumerate(Day) if (place - today) % 7 in (2, 3, 4, 5))
    window = ReleaseWindow(days=days, opens="09:00", closes="16:00", time_zone="UTC")
    aws.scripted(Moment(), DONE)
    aws.parameters["platform"] = platform_contract(windows=(window,)).dump()
    wanted = ("deploy", "-e", "staging", "--version", "v2")
    assert command(*wanted) == 10
    assert "staging: window: closed until" in capsys.readouterr().err
    assert aws.writes == []
    assert command(*wanted, "--during-incident", "customers cannot log in") == 0
    assert "; during an incident: customers cannot log in" in capsys.readouterr().out
    assert command("releases", "-e", "staging") == 0
    assert "v1 -> v2; incident: customers cannot log in" in capsys.readouterr().out
    assert command("releases", "show", "latest", "-e", "staging") == 0
    assert "during an incident: customers cannot log in" in capsys.readouterr().out
