"""The one-off task before a rollout: what is sent, what its end means, and that it runs once for a release."""

from __future__ import annotations

from datetime import timedelta
from itertools import repeat

import pytest
from botocore.exceptions import ReadTimeoutError

from appdeploy.model.contract import PreDeployTask
from appdeploy.model.errors import Interrupted
from appdeploy.model.events import Finished, PreDeployEnded, PreDeployLog, PreDeployStarted
from appdeploy.model.operation import Restart
from appdeploy.model.outcome import Outcome
from appdeploy.release import pre_deploy as module
from appdeploy.tasks.follow import LATE_LINES_AT_MOST
from tests.support.release_scenario import DONE, AwsSays, FakeErrand, Killed, Moment, only, up

MIGRATE = PreDeployTask(command=("migrate", "up"), timeout_seconds=60)


@pytest.fixture
def agent(aws):
    service = aws.released(pre_deploy=MIGRATE)
    service.script = [Moment(), DONE]
    aws.environment(service)
    return service


def writes(aws):
    return [name for name, _ in aws.writes]


def resume(command):
    return command("resume", "-e", "staging", "--until", "complete")


@pytest.mark.usefixtures("agent")
def test_it_runs_the_new_revision_as_the_service_runs_with_another_command(aws, run):
    assert only(run()).outcome is Outcome.LIVE
    assert writes(aws) == ["RegisterTaskDefinition", "RunTask", "UpdateService"]
    sent, release = aws.writes[1][1], aws.ledger[0].id
    assert sent["taskDefinition"] == aws.writes[2][1]["taskDefinition"]
    assert sent["overrides"] == {"containerOverrides": [{"name": "agent", "command": ["migrate", "up"]}]}
    assert (sent["launchType"], sent["platformVersion"]) == ("FARGATE", "1.4.0")
    assert sent["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-1"]
    assert (sent["startedBy"], len(sent["clientToken"])) == (f"{release}/agent", 64)
    assert sent["tags"] == [{"key": "axonflow:release", "value": release}]


@pytest.mark.usefixtures("agent")
def test_its_lines_are_told_once_and_its_end_is_in_the_ledger(aws, run):
    aws.errand, aws.log_lines = FakeErrand(looks=3), ["one", "two"]
    run()
    reported = [event for event in run.events if isinstance(event, (PreDeployStarted, PreDeployLog, PreDeployEnded))]
    assert [type(event) for event in reported] == [PreDeployStarted, PreDeployLog, PreDeployLog, PreDeployEnded]
    kept = aws.ledger[0].services["agent"].pre_deploy
    assert (kept.exit_code, kept.task.rsplit("/", 1)[1]) == (0, aws.writes[1][1]["clientToken"])


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("errand", "cause"),
    [
        (FakeErrand(exit_code=3), "exited with code 3"),
        (
            FakeErrand(exit_code=None, stop_code="TaskFailedToStart", reason="CannotPullContainerError: not found"),
            "could not pull its image: CannotPullContainerError: not found",
        ),
        (FakeErrand(exit_code=0, stop_code="UserInitiated", reason="by hand"), "was stopped: by hand"),
        (FakeErrand(exit_code=0, stop_code="SpotInterruption", reason="Spot"), "was stopped: Spot"),
        (FakeErrand(looks=10_000), "ran longer than 60 s and was stopped"),
        (FakeErrand(known=False), "is not known to ECS any more: look at its log, then release again"),
    ],
    ids=["exit-code", "no-image", "stopped", "spot", "too-long", "gone"],
)
def test_one_that_fails_ends_the_release_before_any_service_is_changed(aws, run, errand, cause):
    aws.errand, aws.log_lines = errand, ["no table"]
    result = only(run())
    assert (result.outcome, result.serving) == (Outcome.SKIPPED, "v1 still serves")
    assert result.cause == f"the task before its rollout {cause}"
    assert aws.count("UpdateService") == 0
    assert aws.ledger[0].settled
    assert aws.ledger[0].outcome == "skipped"


@pytest.mark.usefixtures("agent")
def test_the_last_lines_of_one_that_fails_are_with_the_outcome(aws, run):
    aws.errand, aws.log_lines = FakeErrand(exit_code=1), [f"line {number}" for number in range(20)]
    assert only(run()).log_lines == tuple(f"line {number}" for number in range(10, 20))


@pytest.mark.usefixtures("agent")
def test_lines_that_come_after_its_end_are_told_before_it(aws, run):
    """The log driver sends what it has each five seconds, also when the task has stopped."""
    aws.errand, aws.log_lines = FakeErrand(looks=0, exit_code=1), ["one"]
    aws.late_lines = iter([(), (), (), ("two",), (), ("three",)])
    assert only(run()).log_lines == ("one", "two", "three")
    reported = [event for event in run.events if isinstance(event, (PreDeployLog, PreDeployEnded))]
    assert [type(event) for event in reported] == [PreDeployLog, PreDeployLog, PreDeployLog, PreDeployEnded]


@pytest.mark.usefixtures("agent")
def test_a_log_without_end_does_not_keep_a_task_that_has_ended(aws, run, clock):
    aws.errand, aws.late_lines = FakeErrand(looks=0, exit_code=1), repeat(("again",))
    before = clock.now()
    assert only(run()).outcome is Outcome.SKIPPED
    assert clock.now() - before < LATE_LINES_AT_MOST + 10


def test_aws_out_of_reach_does_not_hide_the_end_of_one_that_was_seen_to_end(aws, run):
    aws.environment(*(aws.released(name, pre_deploy=MIGRATE) for name in ("agent", "orchestrator")))
    aws.errand, aws.log_lines = FakeErrand(looks=0, exit_code=3), ["one"]

    def go_on_with_the_second_alone(event):
        if isinstance(event, PreDeployStarted) and event.service == "orchestrator":
            next(reversed(aws.errands.values())).looks = 10_000
        if isinstance(event, PreDeployLog):
            aws.answers["DescribeTasks"] = [ReadTimeoutError(endpoint_url="x") for _ in range(40)]

    outcomes = [result.outcome for result in run(on_event=go_on_with_the_second_alone)]
    assert set(outcomes) == {Outcome.SKIPPED, Outcome.TIMED_OUT}


@pytest.mark.usefixtures("agent")
def test_one_that_finds_no_room_ends_the_release_unharmed(aws, run):
    aws.answers["RunTask"] = [{"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time."}]}]
    result = only(run())
    assert result.outcome is Outcome.SKIPPED
    assert result.cause == "the task before its rollout could not be started: Capacity is unavailable at this time."
    assert aws.count("UpdateService") == 0


@pytest.mark.usefixtures("agent")
def test_a_lost_answer_is_asked_for_again_with_the_same_token(aws, run):
    aws.after["RunTask"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.LIVE
    sent = [params["clientToken"] for name, params in aws.writes if name == "RunTask"]
    assert (len(sent), len(set(sent)), len(aws.errands)) == (2, 1, 1)


@pytest.mark.usefixtures("agent")
def test_aws_out_of_reach_while_it_runs_is_no_failure_of_it(aws, run, command):
    aws.answers["DescribeTasks"] = [ReadTimeoutError(endpoint_url="x") for _ in range(40)]
    result = only(run())
    assert (result.outcome, result.final) == (Outcome.TIMED_OUT, False)
    aws.answers.clear()
    assert resume(command) == 0
    assert writes(aws) == ["RegisterTaskDefinition", "RunTask", "UpdateService"]


@pytest.mark.usefixtures("agent")
def test_a_restart_prepares_nothing(aws, run):
    assert only(run(Restart())).outcome is Outcome.LIVE
    assert aws.count("RunTask") == 0


def test_all_tasks_of_a_group_end_before_any_of_its_services_is_updated(aws, run):
    services = [aws.released("agent", pre_deploy=MIGRATE), aws.released("orchestrator")]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    aws.errand = FakeErrand(exit_code=1)
    results = {result.service: result for result in run()}
    assert {result.outcome for result in results.values()} == {Outcome.SKIPPED}
    assert results["orchestrator"].cause == "agent ended skipped: the task before its rollout exited with code 1"
    assert aws.count("UpdateService") == 0


def test_one_that_fails_in_a_later_group_takes_the_earlier_one_back(aws, run):
    first, second = aws.released("orchestrator"), aws.released("agent", wave=1, pre_deploy=MIGRATE)
    first.script, first.after_return = [DONE], [DONE]
    aws.environment(first, second)
    aws.errand = FakeErrand(exit_code=1)
    assert {result.service: result.outcome for result in run()} == {
        "agent": Outcome.SKIPPED,
        "orchestrator": Outcome.ROLLED_BACK,
    }


def test_an_interruption_of_one_in_a_later_group_takes_the_earlier_one_back_where_that_was_asked_for(aws, run, clock):
    first, second = aws.released("orchestrator"), aws.released("agent", wave=1, pre_deploy=MIGRATE)
    first.script, first.after_return = [DONE], [DONE]
    aws.environment(first, second)
    aws.errand = FakeErrand(looks=10)

    def interrupt():
        clock.on_sleep = lambda: None
        raise KeyboardInterrupt

    def when_it_runs(event):
        if isinstance(event, PreDeployStarted):
            clock.on_sleep = interrupt

    results = {result.service: (result.outcome, result.cause) for result in run(back_on_interrupt=True, on_event=when_it_runs)}
    assert results == {"agent": (Outcome.SKIPPED, "interrupted"), "orchestrator": (Outcome.ROLLED_BACK, "interrupted")}


@pytest.mark.usefixtures("agent")
def test_an_interruption_of_the_first_one_leaves_nothing_to_take_back(aws, run, clock):
    aws.errand = FakeErrand(looks=10)

    def interrupt():
        raise KeyboardInterrupt

    clock.on_sleep = interrupt
    with pytest.raises(Interrupted, match=r"no service was changed: appdeploy resume -e staging upgrade-.* carries it on"):
        run(back_on_interrupt=True)


def test_a_later_group_does_not_begin_over_one_that_fell_while_its_task_ran(aws, run):
    first, second = aws.released("orchestrator"), aws.released("agent", wave=1, pre_deploy=MIGRATE)
    fallen = Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", triggered=True, reason="alarm")
    first.script = [Moment((up(1), up(2))), fallen]
    aws.environment(first, second)
    results = {result.service: result.outcome for result in run(atomic=False)}
    assert results == {"orchestrator": Outcome.ROLLED_BACK_BY_ECS, "agent": Outcome.SKIPPED}


# Resumed


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("kind", [PreDeployStarted, PreDeployLog, PreDeployEnded])
def test_it_runs_once_for_a_release_wherever_the_command_died(aws, command, killed_at, kind):
    aws.errand, aws.log_lines = FakeErrand(looks=3), ["one"]
    killed_at(kind)
    aws.let_lease_pass()
    assert resume(command) == 0
    assert len(aws.errands) == 1
    assert aws.count("UpdateService") == 1
    assert aws.ledger[0].services["agent"].pre_deploy.exit_code == 0


def killed_when_asked_for(aws, run):
    """The command dies when AWS has the request for the task and the answer is under way."""

    def die(event):
        aws.after["RunTask"] = [Killed()]

    with pytest.raises(Killed):
        run(on_event=die)
    aws.let_lease_pass()
    aws.after.clear()


@pytest.mark.usefixtures("agent")
def test_what_was_asked_for_and_not_answered_is_asked_for_with_the_same_token(aws, run, command):
    killed_when_asked_for(aws, run)
    assert aws.ledger[0].services["agent"].pre_deploy is None
    assert resume(command) == 0
    assert len(aws.errands) == 1


@pytest.mark.usefixtures("agent")
def test_after_the_tokens_life_it_is_not_asked_for_again(aws, run, command, monkeypatch):
    killed_when_asked_for(aws, run)
    monkeypatch.setattr(module, "TOKEN_LIVES", timedelta(0))
    assert resume(command) == 25
    assert aws.count("RunTask") == 1
    assert aws.count("UpdateService") == 0


@pytest.mark.usefixtures("agent")
def test_one_that_had_failed_is_not_run_again(aws, command, killed_at):
    aws.errand = FakeErrand(exit_code=4)
    killed_at(Finished)
    aws.let_lease_pass()
    assert resume(command) == 25
    assert aws.count("RunTask") == 1
    assert aws.ledger[0].services["agent"].cause == "the task before its rollout exited with code 4"


@pytest.mark.usefixtures("agent")
def test_one_that_was_refused_leaves_the_release_closed(aws, run):
    aws.answers["RunTask"] = [AwsSays("InvalidParameterException", "no subnet")]
    assert only(run()).outcome is Outcome.SKIPPED
    assert aws.lock_item.get("holder") is None


@pytest.mark.usefixtures("agent")
def test_the_plan_names_it(command, capsys):
    assert command("plan", "-e", "staging", "--version", "v2") == 0
    assert "RunTask: migrate up, with that revision, for 60 s at most" in capsys.readouterr().out
