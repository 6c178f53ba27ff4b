"""Scale: a count within autoscaling's bounds, and holds that keep autoscaling off it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from appdeploy.lock.session import WaitingAcquirer
from appdeploy.model.contract import Scaling
from appdeploy.model.errors import Interrupted, Locked, OutOfReach, Refused
from appdeploy.model.events import Note, TaskCount
from appdeploy.model.ledger_entry import CountChange, StepKind
from appdeploy.model.outcome import Outcome
from appdeploy.reconcile.list import list_releases
from appdeploy.render.releases import detail_lines
from appdeploy.render.status import status_lines
from appdeploy.scaling.hold import Hold, HoldStore
from appdeploy.scaling.plan import ScaleRequest
from appdeploy.scaling.read import Request, prepare_scale
from appdeploy.scaling.resume import prepare_resumed, request_of
from appdeploy.scaling.run import run_scale
from appdeploy.status.read import read_status
from tests.support.fake_aws import Kill
from tests.support.fake_table import TABLE
from tests.support.release_scenario import AwsSays, Moment

NAME = "axonflow-staging-agent-service"
TWO_HOURS = timedelta(hours=2)
TIMED_OUT = ReadTimeoutError(endpoint_url="https://ecs")


@pytest.fixture
def agent(aws):
    service = aws.released(scaling=Scaling(minimum=2, maximum=6))
    aws.environment(service)
    aws.minimums[NAME] = 2
    return service


@pytest.fixture
def scale(clients, clock):
    """Scale the agent; `scale.events` are the events."""

    def go(count=None, *, prepare=None, timeout=600.0, on_event=lambda event: None, **wish):
        go.events = []

        def emit(event):
            go.events.append(event)
            on_event(event)

        request = Request("staging", "agent", ScaleRequest(count, **wish), "load test")
        line = WaitingAcquirer(clients, clock, emit, 0.0)
        return run_scale(prepare or (lambda: prepare_scale(request, clients)), timeout, clients, clock, emit, line)

    return go


@pytest.fixture
def holds(clients):
    return HoldStore(clients.dynamodb, TABLE)


@pytest.fixture
def resume(clients, aws, scale):
    """Carry the newest entry on, once its dead command's lease is over."""

    def go():
        aws.dead = False
        aws.let_lease_pass()
        entry = aws.ledger[0]
        return scale(prepare=lambda: prepare_resumed(entry, clients))

    return go


def updates(aws):
    return [params.get("desiredCount") for name, params in aws.writes if name == "UpdateService"]


def registered(aws):
    return [params for _, name, params in aws.calls if name == "RegisterScalableTarget"]


def shown(clients):
    return "\n".join(status_lines(read_status(clients, "staging", ())))


def over(count="ended"):
    return Hold((datetime.now(UTC) - timedelta(minutes=1)).isoformat(), "bob", count, "scale-2025-1125-143000-abc123")


def test_a_count_is_set_and_nothing_else(aws, agent, scale):
    result = scale(4)
    assert (result.outcome, result.serving) == (Outcome.LIVE, "4 of 4 tasks")
    service = agent.contract.service
    assert aws.writes == [("UpdateService", {"cluster": aws_cluster(), "service": service, "desiredCount": 4})]
    assert registered(aws) == []


def aws_cluster():
    return "arn:aws:ecs:eu-central-1:123456789012:cluster/axonflow-staging-cluster"


def test_it_says_what_autoscaling_will_do_about_it(agent, scale):
    scale(4)
    [reported] = [event.text for event in scale.events if isinstance(event, Note)]
    assert reported == (
        "autoscaling keeps 2 to 6 tasks by ECSServiceAverageCPUUtilization at 60, agent-requests at 500,"
        " and may change the count at its next evaluation; --hold DURATION prevents that"
    )


@pytest.mark.parametrize("count", [1, 7])
def test_a_count_outside_the_bounds_is_refused(aws, agent, scale, count):
    with pytest.raises(Refused, match=f"{count} is outside autoscaling's bounds, 2 to 6"):
        scale(count, hold=TWO_HOURS)
    assert (aws.writes, aws.lock_writes, registered(aws)) == ([], [], [])


@pytest.mark.parametrize("count", [0, 50])
def test_a_service_without_autoscaling_is_simply_set(aws, scale, count):
    aws.environment(aws.released(scaling=None))
    assert scale(count).outcome is Outcome.LIVE
    assert updates(aws) == [count]


@pytest.mark.parametrize("wish", [{"hold": TWO_HOURS}, {"release": True}])
def test_there_is_nothing_to_hold_without_autoscaling(aws, scale, wish):
    aws.environment(aws.released(scaling=None))
    with pytest.raises(Refused, match="it has no autoscaling"):
        scale(3, **wish)


def test_a_service_that_was_never_released_is_refused(aws, scale):
    aws.environment(aws.unreleased(scaling=Scaling(minimum=2, maximum=6)))
    with pytest.raises(Refused, match="never released"):
        scale(3)
    assert aws.lock_writes == []


def test_a_service_at_0_is_scaled_up(aws, agent, scale):
    agent.desired = 0
    assert scale(2).outcome is Outcome.LIVE


def test_as_many_tasks_as_run_already_change_nothing(aws, agent, scale):
    assert scale(2).outcome is Outcome.UNCHANGED
    assert (aws.writes, aws.ledger) == ([], [])


def test_the_ledger_says_who_why_from_and_to(aws, agent, scale, clients):
    scale(4)
    [entry] = aws.ledger
    assert (entry.kind, entry.who, entry.reason, entry.outcome, entry.settled) == (
        *("scale", "arn:aws:sts::123456789012:assumed-role/release/alice", "load test", "live", True),
    )
    assert entry.services["agent"].count == CountChange(previous=2, target=4)
    assert [(step.kind, step.finished is not None) for step in entry.steps] == [(StepKind.SET_COUNT, True)]
    [reading] = list_releases(clients, "staging", 5, None, only_open=False)
    assert "agent: live: 2 -> 4 tasks" in "\n".join(detail_lines(reading))


def test_a_hold_suspends_in_both_directions_before_the_count_is_set(aws, agent, scale, holds):
    scale(4, hold=TWO_HOURS)
    [sent] = registered(aws)
    assert sent["SuspendedState"] == {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": True}
    assert "MinCapacity" not in sent
    order = [name for _, name, params in aws.calls if name in ("RegisterScalableTarget", "UpdateService")]
    assert order == ["RegisterScalableTarget", "UpdateService"]
    hold = holds.read()["agent"]
    assert (hold.who.rsplit("/", 1)[1], hold.why, hold.release) == ("alice", "load test", aws.ledger[0].id)
    left = datetime.fromisoformat(hold.until) - datetime.now(UTC)
    assert timedelta(minutes=119) < left <= TWO_HOURS


def test_status_shows_the_hold_and_how_it_ends(aws, agent, scale, clients):
    scale(4, hold=TWO_HOURS)
    text = shown(clients)
    assert "held until" in text
    assert "assumed-role/release/alice: load test; `appdeploy scale -e staging agent --release` ends it" in text


def test_status_shows_a_hold_that_is_over_and_a_suspension_that_nobody_recorded(aws, agent, holds, clients):
    aws.suspended = {NAME}
    assert "suspended, and no hold says by whom" in shown(clients)
    holds.put("agent", over())
    assert "the time is over and autoscaling is still suspended" in shown(clients)
    aws.suspended = set()
    assert "but autoscaling is not suspended" in shown(clients)


def test_status_says_when_it_cannot_see_holds(aws, agent, clients):
    aws.answers["DescribeScalableTargets"] = [AwsSays("AccessDeniedException", "no")]
    text = shown(clients)
    assert "what holds autoscaling could not be read: not allowed" in text
    assert "agent: v1" in text


def test_release_ends_a_hold(aws, agent, scale, holds):
    scale(4, hold=TWO_HOURS)
    assert scale(release=True).outcome is Outcome.LIVE
    assert (aws.suspended, holds.read(), updates(aws)) == (set(), {}, [4])
    assert CountChange(previous=4, releases_hold=True) in [entry.services["agent"].count for entry in aws.ledger]


def test_release_without_a_hold_changes_nothing(aws, agent, scale):
    assert scale(release=True).outcome is Outcome.UNCHANGED
    assert registered(aws) == []


def test_a_count_under_a_hold_leaves_the_hold(aws, agent, scale, holds):
    scale(4, hold=TWO_HOURS)
    before = holds.read()
    scale(5)
    assert (aws.suspended, holds.read()) == ({NAME}, before)
    assert "autoscaling is suspended, held until" in next(event.text for event in scale.events if isinstance(event, Note))


def test_the_next_scale_ends_a_hold_that_is_over(aws, agent, scale, holds):
    aws.suspended = {NAME}
    holds.put("agent", over())
    assert scale(2).outcome is Outcome.LIVE
    assert (aws.suspended, holds.read(), updates(aws)) == (set(), {}, [])


def test_a_deploy_leaves_a_hold_alone(aws, agent, scale, holds, run):
    scale(4, hold=TWO_HOURS)
    calls = len(registered(aws))
    agent.script = [Moment(status="SUCCESSFUL", rollout="COMPLETED")]
    run("v2", until_complete=False, timeout=5.0)
    assert (len(registered(aws)), aws.suspended, list(holds.read())) == (calls, {NAME}, ["agent"])


def test_autoscaling_that_moves_the_count_meanwhile_is_not_called_success(aws, agent, scale):
    def moves(event):
        if isinstance(event, TaskCount):
            agent.moment, agent.desired = None, 3

    agent.moment = Moment(primary="former", rollout="COMPLETED", running=2)
    result = scale(4, on_event=moves)
    assert (result.outcome, result.cause) == (
        *(Outcome.SUPERSEDED, "the count was set to 3 meanwhile, by autoscaling or manually"),
    )


def test_tasks_that_do_not_come_end_in_a_time_out_that_says_what_ecs_says(aws, agent, scale, clients):
    events = ("(service x) was unable to place a task.",)
    agent.moment = Moment(primary="former", rollout="COMPLETED", running=2, events=events)
    result = scale(4, timeout=10.0)
    assert (result.outcome, result.final, result.serving) == (Outcome.TIMED_OUT, False, "2 of 4 tasks")
    assert result.cause == "not done after 10 s; the newest event of ECS: (service x) was unable to place a task."
    agent.moment = None
    read_status(clients, "staging", ())
    assert (aws.ledger[0].settled, aws.ledger[0].outcome) == (True, "live"), "who reads the ledger settles it"


def test_a_release_at_work_turns_it_away(aws, agent, scale, run):
    holder = {"release": "upgrade-2025-1125-143000-abc123", "who": "bob", "since": "now", "token": "t", "why": ""}
    freeze = {"who": "bob", "since": "now", "reason": "load test"}
    aws.lock_item = {"fence": {"N": "1"}, "beat": {"N": "1"}, **texts(holder=holder, freeze=freeze)}
    with pytest.raises(Locked, match="frozen by bob"):
        scale(4, hold=TWO_HOURS)
    assert (aws.writes, registered(aws)) == ([], [])


def texts(**maps):
    return {name: {"M": {key: {"S": text} for key, text in values.items()}} for name, values in maps.items()}


def test_a_lost_answer_is_looked_up_and_not_sent_again(aws, agent, scale):
    aws.after["UpdateService"] = [TIMED_OUT]
    assert scale(4).outcome is Outcome.LIVE
    assert updates(aws) == [4]


@pytest.mark.parametrize(
    ("operation", "changed"), [("RegisterScalableTarget", []), ("UpdateService", ["hold"])], ids=["suspend", "count"]
)
def test_what_aws_refuses_is_told_as_refused(aws, agent, scale, operation, changed):
    aws.answers[operation] = [AwsSays("AccessDeniedException", "no")]
    result = scale(4, hold=TWO_HOURS)
    assert result.outcome is Outcome.REFUSED
    assert "not allowed" in (result.cause or "")
    assert [step.kind for step in aws.ledger[0].steps if step.finished] == changed


STEPS = ("RegisterScalableTarget", "UpdateItem", "UpdateService", "DescribeServices")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", STEPS)
def test_a_killed_command_is_carried_on_by_resume(aws, agent, scale, resume, holds, clients, monkeypatch, operation, after):
    aws.kill = Kill(operation, after)
    with pytest.raises((Interrupted, OutOfReach)):
        scale(4, hold=TWO_HOURS)
    aws.dead = False
    aws.let_lease_pass()
    assert "appdeploy resume -e staging scale-" in shown(clients)
    assert resume().outcome is Outcome.LIVE
    assert (agent.desired, aws.suspended, list(holds.read())) == (4, {NAME}, ["agent"])
    assert len(aws.ledger) == 1
    assert aws.ledger[0].settled
    assert "resume" not in shown(clients)


def test_resume_does_not_undo_what_somebody_set_since(aws, agent, scale, resume):
    agent.moment = Moment(primary="former", rollout="COMPLETED", running=2)
    scale(4, timeout=1.0)
    agent.moment, agent.desired = None, 5
    assert resume().outcome is Outcome.SUPERSEDED
    assert (updates(aws), aws.ledger[0].settled) == ([4], True)


def test_resume_of_a_hold_whose_time_is_over_lets_go():
    now = datetime.now(UTC)
    assert request_of(CountChange(previous=2, target=4, hold_until=now - TWO_HOURS), now) == ScaleRequest(None, release=True)
    assert request_of(CountChange(previous=2, target=4, hold_until=now + TWO_HOURS), now) == ScaleRequest(4, hold=TWO_HOURS)
    assert request_of(CountChange(previous=2, target=4, releases_hold=True), now) == ScaleRequest(4, release=True)


@pytest.mark.parametrize("words", [("agent",), ("agent", "3", "--hold", "2x"), ("agent", "3", "--hold", "1h", "--release")])
def test_usage(command, words):
    assert command("scale", *words, "-e", "staging") == 2


def test_the_command_and_its_resume(command, aws, agent, capsys):
    assert command("scale", "agent", "4", "-e", "staging", "--hold", "1h30m", "--reason", "load test") == 0
    out = capsys.readouterr().out
    assert "agent to 4 tasks, held until" in out
    assert "agent: live after" in out
    assert command("resume", aws.ledger[0].id, "-e", "staging") == 10
    assert "is settled: live" in capsys.readouterr().err


# What it would do, and what programs read


@pytest.mark.usefixtures("agent")
def test_a_plan_shows_what_would_be_done_and_does_nothing(aws, command, capsys):
    assert command("scale", "agent", "4", "-e", "staging", "--plan") == 0
    out = capsys.readouterr().out
    assert "agent to 4 tasks in staging" in out
    assert "autoscaling keeps 2 to 6 tasks" in out
    assert "nothing is changed by this" in out
    assert aws.writes == []
    assert aws.ledger == []


@pytest.mark.usefixtures("agent")
def test_a_plan_of_a_count_outside_the_bounds_is_refused(command, capsys):
    assert command("scale", "agent", "9", "-e", "staging", "--plan") == 10
    assert "a count of 9 is outside autoscaling's bounds, 2 to 6" in capsys.readouterr().err


@pytest.mark.usefixtures("agent")
def test_json_ends_with_the_outcome_and_has_the_notes(command, capsys):
    assert command("scale", "agent", "2", "-e", "staging", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["planned", "note", "finished", "ended"]
    assert (lines[-1]["outcome"], lines[-1]["exit_code"]) == ("unchanged", 0)
    assert len({line["release"] for line in lines}) == 1
