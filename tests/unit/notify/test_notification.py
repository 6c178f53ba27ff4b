"""What people are reported of a release by EventBridge, and that it never holds a release up."""

from __future__ import annotations

import json
import threading

import pytest

from appdeploy.model.outcome import Outcome
from appdeploy.notify import eventbridge as post
from appdeploy.notify.eventbridge import EventBridgeSender
from appdeploy.notify.notification import SOURCE, started
from infra.core.names import RELEASE_EVENTS
from infra.monitoring.event_rules import FAILED_OUTCOMES
from tests.support.release_scenario import (
    ACCOUNT,
    DONE,
    REGION,
    AwsSays,
    Moment,
    crashed,
    platform_contract,
    up,
)

BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
DEPLOY = ("deploy", "-e", "staging", "--version", "v2")
SERVING = Moment((up(1), up(2)))


@pytest.fixture
def reported(aws):
    """A contract with a bus; returns what it was reported so far."""

    def environment(*services):
        aws.environment(*services)
        aws.parameters["platform"] = platform_contract(event_bus=BUS).dump()
        return aws.notices

    return environment


def kinds(notices):
    return [notice["DetailType"] for notice in notices]


def outcomes(notices):
    return [(notice["Detail"]["outcome"], notice["Detail"]["settled"]) for notice in notices]


def failing(aws):
    service = aws.released()
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")]
    return service


def good(aws, name="agent", *moments):
    service = aws.released(name)
    service.script = [Moment(), *moments, DONE]
    return service


def test_a_release_watched_to_its_end_is_told_three_times(command, aws, reported):
    notices = reported(good(aws, "agent", SERVING))
    assert command(*DEPLOY, "--until", "complete", "--reason", "faster", "--change", "CHG-7") == 0
    assert kinds(notices) == ["Release Started", "Release Live", "Release Settled"]
    assert outcomes(notices) == [(None, False), ("live", False), ("live", True)]
    assert {(notice["Source"], notice["EventBusName"]) for notice in notices} == {("axonflow.appdeploy", BUS)}
    detail, entry = notices[-1]["Detail"], aws.ledger[0]
    assert (detail["id"], detail["environment"], detail["who"]) == (entry.id, "staging", entry.who)
    assert (detail["reason"], detail["change_ticket"], detail["kind"]) == ("faster", "CHG-7", "upgrade")
    assert detail["services"] == [
        {"service": "agent", "from": "v1", "to": "v2", "change": "release", "outcome": "live", "cause": None, "count": None}
    ]


def test_the_update_goes_out_before_anybody_is_told(command, aws, reported):
    reported(good(aws))
    command(*DEPLOY)
    names = [name for _, name, _ in aws.calls]
    assert names.index("UpdateService") < names.index("PutEvents")


def test_of_several_services_live_is_told_when_all_are(command, aws, reported):
    notices = reported(good(aws, "agent", SERVING, SERVING), good(aws, "portal", Moment(), SERVING))
    assert command(*DEPLOY, "--until", "complete") == 0
    assert kinds(notices) == ["Release Started", "Release Live", "Release Settled"]
    assert {service["outcome"] for service in notices[1]["Detail"]["services"]} == {"live"}


def test_what_is_live_is_told_as_settled_by_the_command_that_settles_it(command, aws, reported):
    service = good(aws)
    service.script = [Moment(), SERVING]
    notices = reported(service)
    assert command(*DEPLOY, "--until", "live") == 0
    assert (kinds(notices), outcomes(notices)[1]) == (["Release Started", "Release Live"], ("live", False))
    assert "releases show" in notices[1]["Detail"]["next"]
    service.script = [DONE]
    assert command("releases", "-e", "staging") == 0
    assert (kinds(notices)[2:], outcomes(notices)[2]) == (["Release Settled"], ("live", True))
    assert command("releases", "-e", "staging") == 0
    assert len(notices) == 3, "it was settled before"


def test_an_alarm_after_live_is_told_as_a_rollback(command, aws, reported):
    service = good(aws)
    service.script = [Moment(), SERVING]
    notices = reported(service)
    command(*DEPLOY, "--until", "live")
    service.script = [Moment((up(1),), status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")]
    command("status", "-e", "staging")
    assert kinds(notices)[2:] == ["Release Rolled Back"]
    assert notices[2]["Detail"]["outcome"] in FAILED_OUTCOMES


def test_who_may_not_write_the_ledger_tells_nobody(command, aws, reported):
    service = good(aws)
    service.script = [Moment(), SERVING]
    notices = reported(service)
    command(*DEPLOY, "--until", "live")
    service.script = [DONE]
    aws.answers["TransactWriteItems"] = [AwsSays("AccessDeniedException")]
    command("releases", "-e", "staging")
    assert len(notices) == 2


def test_a_rollback_by_us_has_its_cause_and_what_next(command, aws, reported, capsys):
    notices = reported(failing(aws))
    assert command(*DEPLOY) == 21
    assert kinds(notices) == ["Release Started", "Release Rolled Back"]
    detail = notices[-1]["Detail"]
    assert (detail["outcome"], detail["services"][0]["cause"]) == ("rolled-back", "2 tasks exited with code 1")
    assert detail["next"].startswith("the previous version serves")


def test_an_override_is_announced(command, aws, reported):
    notices = reported(good(aws))
    command(*DEPLOY, "--during-incident", 'no "log-in"')
    assert {notice["Detail"]["incident"] for notice in notices} == {'no "log-in"'}
    assert all("during an incident: no 'log-in'; " in notice["Detail"]["summary"] for notice in notices)


@pytest.mark.parametrize("version", ["v1", "v7"], ids=["unchanged", "refused"])
def test_nobody_is_told_of_what_changed_nothing(version, command, aws, reported):
    notices = reported(good(aws))
    command("deploy", "-e", "staging", "--version", version)
    assert notices == []


@pytest.mark.usefixtures("interrupted")
def test_an_interruption_is_told_with_the_way_on(command, aws, reported):
    notices = reported(good(aws))
    assert command(*DEPLOY) == 130
    assert (kinds(notices), outcomes(notices)[-1]) == (["Release Started", "Release Interrupted"], ("interrupted", False))
    assert f"appdeploy resume -e staging {aws.ledger[0].id}" in notices[-1]["Detail"]["next"]


def test_a_rollback_is_told_even_when_the_contract_cannot_be_read(command, aws, reported):
    service = good(aws)
    notices = reported(service)
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    aws.answers["GetParametersByPath"] = [AwsSays("ServerException")] * 9
    assert command("rollback", "-e", "staging", "--service", "agent") == 0
    assert kinds(notices) == ["Release Started", "Release Settled"]
    assert {notice["EventBusName"] for notice in notices} == {"default"}


NO = AwsSays("AccessDeniedException", "no right")
HALF = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "try later"}]}


@pytest.mark.parametrize(
    ("answer", "words"), [(NO, "no right"), (HALF, "InternalFailure: try later")], ids=["denied", "failed"]
)
def test_a_notice_that_fails_is_a_line_and_fails_nothing(answer, words, command, aws, reported, capsys):
    reported(good(aws))
    aws.answers["PutEvents"] = [answer] * 3
    assert command(*DEPLOY, "--json") == 0
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events[-2:]] == ["notification-failed", "ended"]
    assert words in events[-2]["reason"]
    assert (err.count("\n"), err.startswith("appdeploy: notification failed: EventBridge did not take it: ")) == (1, True)


def test_a_settled_notice_that_fails_is_a_line(command, aws, reported, capsys):
    service = good(aws)
    service.script = [Moment(), SERVING]
    reported(service)
    command(*DEPLOY, "--until", "live")
    service.script = [DONE]
    aws.answers["PutEvents"] = [NO]
    assert command("status", "-e", "staging") == 0
    assert f"notification that {aws.ledger[0].id} settled failed" in capsys.readouterr().err


def test_a_bus_that_is_silent_is_waited_for_once_and_briefly(monkeypatch, aws, run):
    aws.environment(good(aws))
    run()
    over = threading.Event()

    class Silent:
        def put_events(self, *, Entries):
            over.wait()
            return {"Entries": []}

    monkeypatch.setattr(post, "SECONDS", 0.05)
    letter = EventBridgeSender(Silent())
    letter.send(BUS, started(aws.ledger[0]))  # Comes back although nothing is answered.
    assert letter.wait() == "no answer within 0.05 s"
    monkeypatch.setattr(post, "SECONDS", 60.0)
    over.set()
    assert letter.wait() is None


def test_the_clients_own_time_outs_fit_into_what_a_command_waits(clients):
    config = clients.once.events.meta.config
    assert config.connect_timeout + config.read_timeout <= post.SECONDS
    assert config.retries["total_max_attempts"] == 1


def test_infra_listens_for_what_is_sent():
    assert RELEASE_EVENTS == SOURCE
    assert set(FAILED_OUTCOMES) == {outcome.value for outcome in Outcome if not outcome.ok and outcome is not Outcome.REFUSED}
