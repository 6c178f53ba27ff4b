"""What may be passed in an incident: refused with the way on, and passed with a trace in ledger and notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appdeploy.model.contract import Promotion
from appdeploy.model.window import Day, ReleaseWindow
from tests.support.fake_table import TABLE
from tests.support.release_scenario import ACCOUNT, DONE, REGION, Moment, platform_contract

BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
DEPLOY = ("deploy", "-e", "staging", "--version", "v2", "--until", "complete")
WHY = "customers cannot log in"


def closed() -> ReleaseWindow:
    """A window of the day before yesterday, whenever that is."""
    day = list(Day)[(datetime.now(UTC) - timedelta(days=2)).weekday()]
    return ReleaseWindow(days=(day,), opens="09:00", closes="10:00", time_zone="UTC")


def window(aws, service):
    aws.parameters["platform"] = platform_contract(event_bus=BUS, windows=(closed(),)).dump()


def promotion(aws, service):
    rule = Promotion(environment="preview", region=REGION, releases_table=TABLE)
    aws.parameters["platform"] = platform_contract(event_bus=BUS, promotion=rule).dump()


def alarm(aws, service):
    service.configuration = {
        **service.configuration,
        "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True},
    }
    aws.alarms["errors"] = "ALARM"


OBSTACLES = {
    "window": (window, "closed until"),
    "promotion": (promotion, "was never live and settled in preview"),
    "alarm": (alarm, "errors is in ALARM"),
}


@pytest.fixture(params=OBSTACLES)
def found(request, aws) -> str:
    """One obstacle in the way of v2; what is said of it."""
    service = aws.scripted(Moment(), DONE)
    aws.parameters["platform"] = platform_contract(event_bus=BUS).dump()
    put, said = OBSTACLES[request.param]
    put(aws, service)
    return said


def test_it_is_refused_with_the_way_on_and_nothing_is_changed(aws, command, capsys, found):
    assert command(*DEPLOY) == 10
    reported = capsys.readouterr().err
    assert found in reported
    assert "--during-incident REASON bypasses this" in reported
    assert (aws.writes, aws.ledger, aws.notices) == ([], [], [])


def test_passed_in_an_incident_it_leaves_its_trace_in_ledger_and_notices(aws, command, found):
    assert command(*DEPLOY, "--during-incident", WHY) == 0
    [entry] = aws.ledger
    assert (entry.incident, entry.outcome) == (WHY, "live")
    assert {notice["Detail"]["incident"] for notice in aws.notices} == {WHY}
    assert all(f"during an incident: {WHY}" in notice["Detail"]["summary"] for notice in aws.notices)
