"""The ledger: what is written when, and that no one's writes get lost."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from appdeploy.ledger.new_entry import ci_run
from appdeploy.ledger.store import Ledger
from appdeploy.model.errors import OutOfReach, Refused
from appdeploy.model.events import Event, Registered, Started
from appdeploy.model.ledger_entry import Entry, LedgerError, StepKind
from tests.support.fake_table import TABLE
from tests.support.release_scenario import DONE, ROLLED_BACK, AwsSays, Moment, crashed, up

SILENCE = EndpointConnectionError(endpoint_url="http://127.0.0.1:9")


@pytest.fixture
def agent(aws):
    return aws.scripted(Moment(), DONE)


@pytest.mark.usefixtures("agent")
def test_an_entry_is_open_before_the_first_write_to_ecs(aws, run):
    def look(event: Event) -> None:
        if isinstance(event, Registered):
            seen.append(aws.ledger[0])

    seen: list[Entry] = []
    run(on_event=look)
    entry = seen[0]
    assert (entry.settled, entry.reported, entry.fence) == (False, None, 1)
    assert [(step.kind, step.finished) for step in entry.steps] == [(StepKind.REGISTER, None)]
    service = entry.services["agent"]
    assert (service.previous.version, service.target.version, service.change) == ("v1", "v2", "release")


@pytest.mark.usefixtures("agent")
def test_the_revision_is_in_the_entry_before_the_service_is_updated(aws, run):
    aws.answers["UpdateService"] = [KeyboardInterrupt()]
    with pytest.raises(BaseException, match="resume"):
        run()
    entry = aws.ledger[0]
    assert entry.services["agent"].target.task_definition == next(reversed(aws.task_definitions))
    assert [(step.kind.value, step.finished is not None) for step in entry.steps] == [("register", True), ("update", False)]


def test_the_deployment_is_in_the_entry_when_the_watch_begins(aws, run, agent):
    seen: list[Entry] = []
    run(on_event=lambda event: seen.append(aws.ledger[0]) if type(event).__name__ == "Progress" else None)
    assert seen[0].services["agent"].deployment_id == agent.deployment_id
    assert all(step.finished for step in seen[0].steps)


@pytest.mark.usefixtures("agent")
def test_a_release_that_ecs_completed_is_settled(aws, run):
    run()
    entry = aws.ledger[0]
    service = entry.services["agent"]
    assert (entry.outcome, entry.settled, service.settled) == ("live", True, True)
    assert entry.reported is not None
    assert aws.lock_item.get("holder") is None


def test_a_release_that_is_live_stays_open_until_ecs_has_finished(aws, run, agent):
    agent.script = [Moment((up(1), up(2)))]
    run(until_complete=False)
    entry = aws.ledger[0]
    assert (entry.outcome, entry.settled) == ("live", False)
    assert Ledger(aws.direct, TABLE).open() == [entry]


def test_stopping_a_failing_release_is_written_with_the_cause(aws, run, agent):
    agent.script = [Moment(), Moment((crashed(1), crashed(2)))]
    agent.after_stop = [ROLLED_BACK]
    run()
    stop = next(step for step in aws.ledger[0].steps if step.kind is StepKind.STOP)
    assert (stop.service, stop.finished is not None) == ("agent", True)
    assert stop.reason == "2 tasks exited with code 1"
    assert aws.ledger[0].outcome == "rolled-back"


@pytest.mark.usefixtures("agent")
def test_a_refused_revision_settles_the_entry(aws, run):
    aws.answers["RegisterTaskDefinition"] = [AwsSays("ClientException", "too many containers")]
    run()
    assert (aws.ledger[0].outcome, aws.ledger[0].settled) == ("refused", True)


@pytest.mark.usefixtures("agent")
def test_without_an_entry_nothing_is_sent_to_ecs(aws, run):
    aws.answers["TransactWriteItems"] = [AwsSays("AccessDeniedException", "no")]
    with pytest.raises(Refused, match="not allowed"):
        run()
    assert aws.writes == []


@pytest.mark.usefixtures("agent")
def test_a_step_that_cannot_be_written_is_not_done(aws, run):
    def fall_silent(event: Event) -> None:
        if isinstance(event, Registered):
            aws.answers["TransactWriteItems"] = [SILENCE] * 100

    with pytest.raises(OutOfReach, match="could not be renewed in time"):
        run(on_event=fall_silent)
    assert [name for name, _ in aws.writes] == ["RegisterTaskDefinition"]


@pytest.mark.usefixtures("agent")
def test_a_silent_ledger_does_not_disturb_the_watch(aws, run):
    def fall_silent(event: Event) -> None:
        if isinstance(event, Started):
            aws.answers["TransactWriteItems"] = [SILENCE]

    assert run(on_event=fall_silent)[0].outcome.value == "live"
    assert aws.ledger[0].settled, "it is written with letting go"


@pytest.mark.usefixtures("agent")
def test_the_reason_and_the_change_request_are_kept_and_shown(aws, command, capsys):
    arguments = ["deploy", "-e", "staging", "--version", "v2", "--reason", "the  fix", "--change", "CHG-1"]
    assert command(*arguments) == 0
    assert (aws.ledger[0].reason, aws.ledger[0].change_ticket) == ("the fix", "CHG-1")
    assert "reason: the fix" in capsys.readouterr().out


def test_the_ci_run_is_kept():
    github = {"GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "axonflow/platform", "GITHUB_RUN_ID": "7"}
    assert ci_run(github) == "https://github.example/axonflow/platform/actions/runs/7"
    assert ci_run({}) is None


@pytest.mark.usefixtures("agent")
def test_fields_of_a_later_minor_version_survive_a_rewrite(aws, run):
    run()
    document = json.loads(aws.ledger[0].dump())
    document["schema_version"] = "1.7"
    document["approved_by"] = "dora"
    document["services"]["agent"]["canary_percent"] = 5
    entry = Entry.parse(json.dumps(document)).with_service("agent", cause="x")
    again = json.loads(entry.dump())
    assert (again["schema_version"], again["approved_by"]) == ("1.7", "dora")
    assert again["services"]["agent"]["canary_percent"] == 5


def test_an_entry_of_an_earlier_minor_version_lacks_optional_fields_and_is_read():
    small = {"id": "upgrade-2026-1125-100000-abc123", "kind": "upgrade", "environment": "staging", "purpose": "v2",
             "who": "alice", "started": "2026-11-25T10:00:00Z", "services": {}}  # fmt: skip
    assert Entry.parse(json.dumps(small)).steps == ()


def test_another_major_version_is_refused_in_one_line():
    with pytest.raises(LedgerError, match=r"schema version 2\.0 is not 1\.x"):
        Entry.parse('{"schema_version": "2.0"}')
