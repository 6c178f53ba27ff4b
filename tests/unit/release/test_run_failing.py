"""Releases that fail: each outcome by its own evidence, each with its cause, and never called a success."""

from __future__ import annotations

from dataclasses import replace

from botocore.exceptions import ReadTimeoutError

from appdeploy.model.events import Started, Stopping
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import (
    DONE,
    ROLLED_BACK,
    AwsSays,
    FakeTask,
    Moment,
    crashed,
    not_pulled,
    only,
    up,
)


def test_two_crashes_with_no_healthy_task_stop_the_release(aws, run):
    aws.scripted(
        Moment(),
        Moment((crashed(1),)),
        Moment((crashed(1), crashed(2))),
        after_stop=[Moment(status="ROLLBACK_IN_PROGRESS", primary="former"), ROLLED_BACK],
    )
    aws.log_lines = ["starting", "no database"]
    result = only(run())
    assert result.outcome is Outcome.ROLLED_BACK
    assert result.cause == "2 tasks exited with code 1"
    assert result.log_lines == ("starting", "no database")
    assert result.serving == "v1 serves again (2 tasks)"
    assert any(isinstance(event, Stopping) for event in run.events)


def test_the_last_lines_of_a_crash_are_kept_in_the_ledger(aws, run, command, capsys):
    aws.crashing()
    aws.log_lines = ["starting", "no database"]
    run()
    [entry] = aws.ledger
    assert entry.services["agent"].log_lines == ("starting", "no database")
    assert command("releases", "show", entry.id, "-e", "staging") == 0
    assert "  | no database\n" in capsys.readouterr().out
    assert command("report", entry.id, "-e", "staging") == 0
    assert "## Last lines of agent\n\n```\nstarting\nno database\n```" in capsys.readouterr().out


def test_a_rollback_is_not_reported_before_ecs_confirms_it(aws, run):
    aws.scripted(
        Moment(),
        Moment((crashed(1), crashed(2))),
        after_stop=[Moment(status="ROLLBACK_IN_PROGRESS", primary="former", rollout="COMPLETED")],
    )
    result = only(run(timeout=60))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.serving == "not known: v2 was stopped, and ECS is still rolling back to v1"


def test_running_as_many_as_desired_after_a_rollback_is_not_success(aws, run):
    aws.scripted(Moment(), Moment((crashed(1),)), ROLLED_BACK)
    assert only(run(patient=True)).outcome is Outcome.ROLLED_BACK_BY_ECS


def test_patient_leaves_a_failing_release_to_ecs(aws, run):
    aws.scripted(Moment(), Moment((not_pulled(1), not_pulled(2), not_pulled(3))), ROLLED_BACK)
    result = only(run(patient=True))
    assert result.outcome is Outcome.ROLLED_BACK_BY_ECS
    assert aws.count("StopServiceDeployment") == 0


def test_a_rollback_that_ecs_began_before_our_stop_is_ecss(aws, run):
    aws.scripted(Moment(), Moment((crashed(1), crashed(2))), ROLLED_BACK)
    aws.answers["StopServiceDeployment"] = [AwsSays("ConflictException")]
    assert only(run()).outcome is Outcome.ROLLED_BACK_BY_ECS


def test_a_rollback_on_request_whose_answer_was_lost_is_not_ecss(aws, run):
    service = aws.released()
    service.stopped = True
    service.script = [Moment(), Moment((crashed(1), crashed(2))), ROLLED_BACK]
    aws.environment(service)
    aws.answers["StopServiceDeployment"] = [ReadTimeoutError(endpoint_url="x")]
    assert only(run()).outcome is Outcome.ROLLED_BACK


def test_a_rollback_by_the_breaker_is_ecss_although_ecs_took_our_stop_as_well(aws, run):
    service = aws.scripted(Moment(), Moment((crashed(1), crashed(2))), ROLLED_BACK)
    # StopServiceDeployment is also taken while ECS rolls back: docs.aws.amazon.com/AmazonECS/latest/developerguide/
    # stop-service-deployment.html.
    aws.answers["StopServiceDeployment"] = [{"serviceDeploymentArn": service.record_arn}]
    assert only(run()).outcome is Outcome.ROLLED_BACK_BY_ECS


def test_a_release_that_has_ended_when_it_is_first_looked_at_is_read_in_full(aws, run):
    aws.scripted(ROLLED_BACK)
    assert only(run()).outcome is Outcome.ROLLED_BACK_BY_ECS


def test_a_release_whose_count_somebody_set_to_0_is_no_success(aws, run):
    aws.scripted(Moment(), Moment(status="SUCCESSFUL", rollout="COMPLETED", count=0))
    result = only(run())
    assert result.outcome is Outcome.FAILED
    assert "the desired count was set to 0" in result.cause


def test_a_rollback_to_no_task_is_not_confirmed(aws, run):
    aws.scripted(Moment(), Moment((crashed(1),)), replace(ROLLED_BACK, count=0))
    result = only(run(patient=True))
    assert result.outcome is Outcome.FAILED
    assert "exited with code 1" in result.cause


def test_the_cause_of_a_rollback_without_failed_tasks_is_what_ecs_says(aws, run):
    service = aws.released()
    gone = Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", reason="alarm 5xx went off")
    service.script = [Moment(), gone]
    aws.environment(service)
    assert only(run()).cause == "alarm 5xx went off"


def test_failed_load_balancer_checks_are_named_with_what_the_check_got(aws, run):
    reason = "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:x)"
    failed = [FakeTask(f"t{n}", stop_code="ServiceSchedulerInitiated", stopped_reason=reason) for n in (1, 2)]
    message = "(service x) (task t1) (port 8080) is unhealthy due to (reason Health checks failed with these codes: [503])."
    aws.scripted(Moment(), Moment(tuple(failed), events=(message,)), after_stop=[ROLLED_BACK])
    assert only(run()).cause == "2 tasks failed load balancer health checks (503)"


def test_once_a_new_task_was_healthy_two_failures_do_not_stop_the_release(aws, run):
    aws.scripted(Moment(), Moment((up(1), crashed(1), crashed(2))), DONE)
    assert only(run()).outcome is Outcome.LIVE
    assert aws.count("StopServiceDeployment") == 0


def test_a_failed_rollback_is_failed(aws, run):
    aws.scripted(
        Moment(),
        Moment((crashed(1), crashed(2))),
        after_stop=[Moment(status="ROLLBACK_FAILED", primary="former", rollout="FAILED")],
    )
    result = only(run())
    assert result.outcome is Outcome.FAILED
    assert "`status` shows what happens next" in result.serving


def test_a_deployment_that_ecs_stopped_without_a_rollback_is_failed(aws, run):
    aws.scripted(Moment(), Moment((crashed(1),), status="STOPPED", rollout="FAILED"))
    assert only(run(patient=True)).outcome is Outcome.FAILED


def test_a_rivals_deployment_supersedes_ours(aws, run):
    aws.scripted(Moment(), Moment(status="STOPPED", primary="rival"))
    result = only(run())
    assert result.outcome is Outcome.SUPERSEDED
    assert "ecs-svc/9" in result.cause


def test_a_rival_that_came_after_the_service_was_read_supersedes_ours_at_the_next_look(aws, run):
    aws.scripted(Moment(), Moment(status="STOPPED"), Moment(status="STOPPED", primary="rival"))
    assert only(run()).outcome is Outcome.SUPERSEDED


def test_a_rival_that_cuts_ecs_own_rollback_short_supersedes_ours_and_the_failure_is_told(aws, run):
    service = aws.released()
    back = Moment((crashed(1), crashed(2)), status="ROLLBACK_IN_PROGRESS", primary="former", triggered=True)
    cut_short = Moment((crashed(1), crashed(2)), status="STOPPED", primary="rival", triggered=True, went_back=True)
    service.script = [Moment(), back, cut_short]
    aws.environment(service)
    result = only(run(patient=True))
    assert result.outcome is Outcome.SUPERSEDED
    assert "ecs-svc/9" in result.cause
    assert "exited with code 1" in result.cause


def test_a_first_release_that_was_replaced_does_not_empty_the_service_of_its_rival(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment(status="STOPPED"), Moment(status="STOPPED", primary="rival")]
    aws.environment(service)
    assert only(run()).outcome is Outcome.SUPERSEDED
    assert aws.count("UpdateService") == 1


def test_a_rival_that_deploys_the_former_version_supersedes_ours_too(aws, run):
    aws.scripted(Moment(), Moment(status="STOPPED", primary="former", rollout="COMPLETED"))
    assert only(run()).outcome is Outcome.SUPERSEDED


def test_a_deleted_service_is_failed(aws, run):
    service = aws.released()
    aws.environment(service)

    result = only(run(on_event=lambda event: aws.services.clear() if isinstance(event, Started) else None))
    assert result.outcome is Outcome.FAILED


def test_new_tasks_in_a_group_that_gets_no_traffic_stop_a_rolling_release(aws, run):
    aws.scripted(Moment(resolved="b", weighted="a"), after_stop=[ROLLED_BACK])
    result = only(run())
    assert result.outcome is Outcome.ROLLED_BACK
    assert "agent-b" in result.cause
    assert "agent-a" in result.cause


EXPIRED = AwsSays("ExpiredTokenException", "the security token is expired")


def test_credentials_that_expire_before_a_failing_release_is_stopped_leave_its_end_unknown(aws, run):
    """ECS goes on, and its circuit breaker may yet roll it back: it has not failed."""
    aws.scripted(Moment(), Moment((crashed(1), crashed(2))))
    aws.answers["StopServiceDeployment"] = [EXPIRED]
    result = only(run())
    assert (result.outcome, result.final) == (Outcome.TIMED_OUT, False)
    assert "it could not be stopped: AWS does not accept the credentials" in result.cause


def test_a_failing_release_that_may_not_be_stopped_is_failed(aws, run):
    aws.scripted(Moment(), Moment((crashed(1), crashed(2))))
    aws.answers["StopServiceDeployment"] = [AwsSays("AccessDeniedException", "no")]
    result = only(run())
    assert (result.outcome, result.final) == (Outcome.FAILED, False)


# First releases that fail


def test_credentials_that_expire_before_a_failed_first_release_is_emptied_leave_its_end_unknown(aws, run):
    service = aws.unreleased()
    rolling_back = Moment((crashed(1),), status="ROLLBACK_IN_PROGRESS", primary="former")

    def expire(event):
        if isinstance(event, Started):
            aws.answers["UpdateService"] = [EXPIRED]

    service.script = [Moment(), rolling_back]
    aws.environment(service)
    result = only(run(patient=True, on_event=expire))
    assert (result.outcome, result.final) == (Outcome.TIMED_OUT, False)
    assert "1 task exited with code 1; the count could not be set to 0: AWS does not accept the credentials" in result.cause


def test_a_restart_of_the_template_while_a_failed_first_release_goes_back_to_it_changes_nothing(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_IN_PROGRESS", primary="former")]
    service.after_empty = [Moment(status="STOPPED", primary="former", rollout="COMPLETED", count=0)]
    aws.environment(service)
    result = only(run())
    assert (result.outcome, result.cause) == (Outcome.FAILED, "2 tasks exited with code 1; there is no previous version")


def test_a_failed_first_release_is_stopped_then_emptied_and_is_failed(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_IN_PROGRESS", primary="former")]
    service.after_empty = [
        Moment(status="ROLLBACK_IN_PROGRESS", primary="former", count=0, running=1),
        Moment(status="ROLLBACK_IN_PROGRESS", primary="former", count=0),
        Moment(status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", count=0),
    ]
    aws.environment(service)
    result = only(run())
    assert result.outcome is Outcome.FAILED
    assert result.cause == "2 tasks exited with code 1; there is no previous version"
    assert result.serving == "nothing; the service has 0 tasks"
    assert [name for name, _ in aws.writes] == [
        "RegisterTaskDefinition",
        "UpdateService",
        "StopServiceDeployment",
        "UpdateService",
    ]
    assert aws.writes[-1][1].keys() == {"cluster", "service", "desiredCount"}


def test_a_failed_first_release_ends_only_when_the_next_one_could_begin(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1), crashed(2)))]
    service.after_stop = [Moment(status="ROLLBACK_IN_PROGRESS", primary="former")]
    service.after_empty = [Moment(status="ROLLBACK_IN_PROGRESS", primary="former", count=0)]
    aws.environment(service)
    result = only(run(timeout=60))
    assert result.outcome is Outcome.FAILED
    assert result.cause.startswith("not finished after 60 s")


def test_a_first_release_that_ecs_rolls_back_itself_is_not_stopped_again(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1),), status="ROLLBACK_IN_PROGRESS", primary="former")]
    service.after_empty = [Moment((crashed(1),), status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", count=0)]
    aws.environment(service)
    result = only(run(patient=True))
    assert (result.outcome, aws.count("StopServiceDeployment")) == (Outcome.FAILED, 0)
    assert result.cause == "1 task exited with code 1; there is no previous version"


def test_a_first_release_that_ecs_stopped_without_a_rollback_is_put_back_on_its_template(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1),), status="STOPPED", rollout="FAILED")]
    service.after_empty = [Moment(status="STOPPED", primary="former", rollout="COMPLETED", count=0)]
    aws.environment(service)
    assert only(run(patient=True)).outcome is Outcome.FAILED
    assert aws.writes[-1][1]["taskDefinition"] == service.contract.template


def test_a_service_read_before_the_update_proves_nothing_of_it(aws, run):
    """The record is quicker: it says SUCCESSFUL, and the service still shows the count of 0 before the first release."""
    service = aws.unreleased()
    before = Moment(status="SUCCESSFUL", primary="former", rollout="COMPLETED", count=0)
    service.script = [before, before, DONE]
    aws.environment(service)
    assert only(run()).outcome is Outcome.LIVE


def test_a_rival_that_comes_while_a_failed_first_release_goes_back_to_0_is_told(aws, run):
    service = aws.unreleased()
    service.script = [Moment(), Moment((crashed(1), crashed(2)), status="STOPPED", rollout="FAILED", triggered=True)]
    service.after_empty = [Moment(status="STOPPED", primary="rival", triggered=True)]
    aws.environment(service)
    result = only(run())
    assert result.outcome is Outcome.FAILED
    assert "deployment ecs-svc/9 of x:1 replaced it after it had failed: 2 tasks exited with code 1" in result.cause
