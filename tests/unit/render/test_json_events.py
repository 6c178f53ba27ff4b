"""`--json`: one object a line by the published schema, and nothing else on standard output."""

from __future__ import annotations

import json
from typing import get_args

import jsonschema
import pytest

from appdeploy.model import events
from appdeploy.model.contract import Scaling
from appdeploy.model.outcome import Outcome, ServiceResult
from appdeploy.render.json_convert import line_of
from appdeploy.render.json_events import LINE
from appdeploy.render.json_schema import COMMAND, PLACE, schema_text
from tests.support.fake_aws import Kill
from tests.support.release_scenario import DIGESTS, DONE, LONG_AGO, Moment, crashed
from tests.unit.render.test_words import BAD, plan

VALIDATOR = jsonschema.Draft202012Validator(json.loads(PLACE.read_text()))
DEPLOY = ("deploy", "-e", "staging", "--version", "v2", "--json")
PLAN = plan()
EXAMPLES = (
    events.Planned(PLAN),
    events.Planned(plan(first=True)),
    events.WaitingForLock("held"),
    events.LockTakenOver("held"),
    events.ContinuedWithoutLock("no table"),
    events.NotRecorded(),
    events.Registered("agent", "arn:5"),
    events.Started("agent", "ecs-svc/1"),
    events.PreviousVersionResolved(PLAN.changed[0]),
    events.WatchingForLateWrites("agent", "upgrade-1", 3.5),
    events.LateWriteReverted("agent", "upgrade-1", "arn:6", "arn:5", "ecs-svc/2"),
    *(events.Progress("agent", phase, 1, 2, None, "") for phase in events.Phase),
    events.Stopping("agent", "it crashed"),
    events.AwsUnreachable("AWS is unreachable", 45.0),
    events.AwsReachable(),
    *(events.Finished(ServiceResult("agent", outcome, "v1")) for outcome in Outcome),
    events.ImageRetentionFailed("agent", "no right"),
    events.MinCapacitySet("agent", 1, 4),
    events.MinCapacityFailed("agent", "no right"),
    events.NotificationFailed("no right"),
    events.Reverting("agent", "the portal failed", "arn", "ecs-svc/3"),
    events.PreDeployStarted("agent", "arn", "migrate up"),
    events.PreDeployLog("agent", "3 tables"),
    events.PreDeployEnded("agent", 0),
    events.Note("agent", "it stands at 2 tasks already"),
    events.TaskCount("agent", 1, 2),
    events.Ended(PLAN, (BAD,), 61.0),
)


@pytest.fixture
def stream(command, capsys):
    """Runs a command; returns its exit status and its lines, each checked against the published schema."""

    def go(*arguments):
        status = command(*arguments)
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for line in printed:
            VALIDATOR.validate(line)
        return status, printed

    return go


def named(printed):
    return [line["event"] for line in printed if line["event"] != "progress"]


def test_the_published_schema_is_that_of_the_models():
    assert PLACE.read_text() == schema_text(), f"docs/events.schema.json is out of date: {COMMAND} writes it anew"


def test_there_is_an_example_of_every_event():
    assert {type(example) for example in EXAMPLES} == set(get_args(events.Event))


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_every_event_has_a_line_by_the_schema(event):
    line = line_of(event)
    VALIDATOR.validate(json.loads(line.model_dump_json()))
    assert LINE.validate_json(line.model_dump_json()) == line


@pytest.mark.parametrize("change", [{"event": "guessed"}, {"more": 1}, {"schema_version": "2.0"}, {"time": None}])
def test_the_schema_refuses_other_lines(change):
    line = json.loads(line_of(events.AwsReachable()).model_dump_json()) | change
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(line)


def test_a_good_release_line_by_line(stream, aws):
    service = aws.released()
    service.script = [Moment(), DONE]
    aws.environment(service)
    status, printed = stream(*DEPLOY, "--reason", "faster", "--change", "CHG-7")
    planned, ended = printed[0], printed[-1]
    assert (status, named(printed)) == (0, ["planned", "registered", "started", "finished", "ended"])
    assert (planned["environment"], planned["kind"], planned["reason"], planned["change_ticket"]) == (
        *("staging", "upgrade", "faster"),
        "CHG-7",
    )
    before, after = planned["services"][0]["before"], planned["services"][0]["after"]
    assert [(side["version"], side["digest"]) for side in (before, after)] == [("v1", DIGESTS["v1"]), ("v2", DIGESTS["v2"])]
    assert (ended["outcome"], ended["exit_code"], ended["results"][0]["final"]) == ("live", 0, True)
    assert {line["release"] for line in printed} == {aws.ledger[0].id}
    assert [line["time"] for line in printed] == sorted(line["time"] for line in printed)


def test_a_failed_release_has_its_cause_and_log_lines_in_the_stream(stream, aws, capsys):
    service = aws.released()
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED")]
    aws.environment(service)
    aws.log_lines = ["no database"]
    status, printed = stream(*DEPLOY)
    result = printed[-1]["results"][0]
    assert (status, printed[-1]["exit_code"], result["outcome"]) == (21, 21, "rolled-back")
    assert (result["cause"], result["log_lines"]) == ("2 tasks exited with code 1", ["no database"])


def test_a_refusal_is_the_last_line_and_its_table_is_in_it(stream, aws):
    aws.environment(aws.released())
    status, printed = stream("deploy", "-e", "staging", "--version", "v7", "--json")
    (line,) = printed
    assert (status, line["event"], line["exit_code"], line["release"]) == (10, "error", 10, None)
    assert line["lines"][0].startswith("agent: ")
    assert line["details"][0].startswith("NO    agent  image ")


def test_a_lock_that_somebody_has_is_the_last_line(stream, aws):
    aws.environment(aws.released())
    aws.lock_item = {"freeze": {"M": {"who": {"S": "bob"}, "since": {"S": str(LONG_AGO)}, "reason": {"S": "audit"}}}}
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["event"], printed[-1]["exit_code"]) == (11, "error", 11)
    assert "audit" in printed[-1]["lines"][0]


def test_an_interruption_is_the_last_line(stream, aws, monkeypatch):
    aws.environment(aws.released())

    def interrupt(self, seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("appdeploy.model.clock.SystemClock.sleep", interrupt)
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["exit_code"]) == (130, 130)
    assert "watches it again" in printed[-1]["lines"][0]


def test_a_defect_of_ours_is_the_last_line(stream, aws):
    aws.environment(aws.released())
    aws.answers["DescribeServices"] = [{"services": [{}]}]
    status, printed = stream(*DEPLOY)
    assert (status, printed[-1]["exit_code"]) == (1, 1)
    assert "this is a defect" in printed[-1]["lines"][0]


@pytest.mark.parametrize("verb", ["sync", "restart", "rollback", "resume"])
def test_every_verb_that_releases_prints_lines(verb, stream, aws):
    service = aws.released()
    aws.environment(service)
    aws.remember(service, ("v1", "SUCCESSFUL"), ("v2", "SUCCESSFUL"))
    service.script = [Moment(), DONE]
    status, printed = stream(verb, "-e", "staging", "--json")
    assert printed[-1]["event"] == ("error" if verb == "resume" else "ended"), printed
    assert printed[-1]["exit_code"] == status


def test_a_change_of_a_count_that_is_resumed_is_one_stream_too(stream, command, aws, capsys, monkeypatch, tmp_path):
    aws.environment(aws.released(scaling=Scaling(minimum=2, maximum=6)))
    aws.minimums["axonflow-staging-agent-service"] = 2
    page, aws.kill = tmp_path / "page.md", Kill("UpdateService")
    command("scale", "agent", "4", "-e", "staging")
    aws.dead = False
    aws.let_lease_pass()
    capsys.readouterr()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    status, printed = stream("resume", "-e", "staging", "--json")
    assert (status, printed[0]["event"], printed[-1]["event"]) == (0, "planned", "ended")
    assert not page.exists(), "no release was refused"


@pytest.mark.parametrize(
    "arguments", [("deploy", "--version", "v2", "--plan"), ("rollback", "--list")], ids=lambda words: words[0]
)
def test_what_only_looks_prints_one_object_as_before(arguments, command, aws, capsys):
    aws.environment(aws.released())
    assert command(*arguments, "-e", "staging", "--json") == 0
    assert "services" in json.loads(capsys.readouterr().out)
