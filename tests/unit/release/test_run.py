"""A release from end to end against scripted replies: when it is live, and what is reported meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from appdeploy.model.events import Ended, Finished, Phase, Planned, Progress
from appdeploy.model.outcome import Outcome
from tests.support.release_scenario import (
    DIGESTS,
    DONE,
    AwsSays,
    FakeTask,
    Moment,
    described,
    only,
    task_definition_arn,
    up,
)


def test_a_release_is_live_when_ecs_says_that_our_deployment_succeeded(aws, run):
    aws.scripted(Moment(), Moment((up(1, False),)), Moment((up(1), up(2))), DONE)
    result = only(run())
    assert (result.outcome, result.serving) == (Outcome.LIVE, "v2 serves (2 tasks)")


def test_at_a_terminal_live_is_when_all_new_tasks_are_healthy_where_customers_are_served(aws, run):
    aws.scripted(Moment(), Moment((up(1), up(2, False))), Moment((up(1), up(2))))
    result = only(run(until_complete=False))
    assert (result.outcome, result.serving) == (
        Outcome.LIVE,
        "v2 serves (2 tasks); ECS still drains the old tasks for up to 120 s",
    )


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"bakeTimeInMinutes": 5}, "for up to 120 s, then watches for 5 min and may still roll back"),
        (
            {"alarms": {"alarmNames": ["5xx"], "enable": True, "rollback": True}},
            "for up to 120 s, then watches its alarms for a while and may still roll back",
        ),
        ({"alarms": {"alarmNames": ["5xx"], "enable": False, "rollback": False}}, "drains the old tasks for up to 120 s"),
    ],
    ids=["bake-time", "alarms", "alarms-off"],
)
def test_live_is_not_final_and_says_so(aws, run, configuration, said):
    service = aws.released()
    service.configuration = configuration
    aws.alarms = {"5xx": "OK"}
    service.script = [Moment(), Moment((up(1), up(2)))]
    aws.environment(service)
    assert only(run(until_complete=False)).serving.endswith(said)


def test_a_drain_time_that_cannot_be_read_does_not_hide_that_it_is_live(aws, run):
    aws.scripted(Moment(), Moment((up(1), up(2))))
    aws.answers["DescribeTargetGroupAttributes"] = [AwsSays("AccessDenied")]
    result = only(run(until_complete=False))
    assert (result.outcome, result.serving) == (Outcome.LIVE, "v2 serves (2 tasks); ECS still drains the old tasks")


def test_running_tasks_that_are_not_healthy_are_not_live(aws, run):
    aws.scripted(Moment(), Moment((up(1, False), up(2))))
    assert only(run(until_complete=False, timeout=60)).outcome is Outcome.TIMED_OUT


def test_healthy_old_tasks_do_not_make_a_release_live(aws, run):
    old = FakeTask("old", "10.0.0.9", healthy=True, foreign=True)
    service = aws.released(desired_count=1)
    service.desired = 1
    service.script = [Moment(), Moment((old, up(1, False)))]
    aws.environment(service)
    assert only(run(until_complete=False, timeout=60)).outcome is Outcome.TIMED_OUT


def test_a_record_that_lags_behind_is_read_until_it_is_final(aws, run):
    aws.scripted(Moment(), Moment((up(1), up(2)), rollout="COMPLETED"), DONE)
    assert only(run()).outcome is Outcome.LIVE


def test_task_lists_that_lag_behind_the_counts_are_read_again(aws, run):
    aws.scripted(Moment(), Moment((up(1), up(2)), listed=False), Moment((up(1), up(2))))
    assert only(run(until_complete=False, timeout=60)).outcome is Outcome.LIVE


def test_a_record_that_is_not_listed_yet_is_looked_for_again(aws, run):
    aws.scripted(Moment(recorded=False), Moment(recorded=False), Moment(), DONE)
    assert only(run()).outcome is Outcome.LIVE


NO_RECORD = "ECS has no record of deployment ecs-svc/7000000000000000007 (ListServiceDeployments)"


def test_a_deployment_without_a_record_is_said_to_have_none_when_its_time_is_up(aws, run):
    aws.scripted(Moment((up(1), up(2)), recorded=False))
    result = only(run(timeout=60))
    assert (result.outcome, result.final) == (Outcome.TIMED_OUT, False)
    assert result.cause == f"not finished after 60 s; {NO_RECORD}"


def test_a_deployment_without_a_record_that_is_not_listed_any_more_is_superseded(aws, run):
    aws.task_definitions[task_definition_arn("x:1")] = described("x:1", "x")
    aws.scripted(Moment(recorded=False), Moment(primary="rival", rollout="COMPLETED", recorded=False))
    result = only(run(timeout=60))
    assert (result.outcome, result.final) == (Outcome.SUPERSEDED, True)
    assert result.cause == (f"deployment ecs-svc/9 of x:1 replaced it; {NO_RECORD}, and the service does not list it any more")
    assert result.serving == "x:1 of another deployment"


def test_a_list_that_may_be_from_before_the_update_supersedes_nothing(aws, run):
    aws.scripted(Moment(primary="former", rollout="COMPLETED", recorded=False))
    result = only(run(timeout=60))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.cause == f"not finished after 60 s; {NO_RECORD}, and the service lists only ecs-svc/1, which is older"


def test_what_was_begun_after_the_read_and_before_the_update_supersedes_nothing(aws, run):
    service = aws.scripted(Moment(primary="rival", rollout="COMPLETED", recorded=False))
    service.restarted_meanwhile = True
    result = only(run(timeout=60))
    assert result.outcome is Outcome.TIMED_OUT
    assert result.cause == f"not finished after 60 s; {NO_RECORD}, and the service lists only ecs-svc/9, which is older"


def test_a_read_from_before_the_update_does_not_say_what_replaced_a_stopped_deployment(aws, run):
    aws.task_definitions[task_definition_arn("x:1")] = described("x:1", "x")
    old = Moment(primary="former", rollout="COMPLETED", status="STOPPED")
    service = aws.scripted(old, old, replace(old, primary="rival"))
    service.told_at -= timedelta(seconds=1)
    result = only(run())
    assert (result.outcome, result.cause) == (Outcome.SUPERSEDED, "deployment ecs-svc/9 of x:1 replaced it")


def test_looks_are_rarer_before_the_first_new_task_runs(aws, run):
    aws.scripted(Moment())
    run(timeout=120)
    before = aws.count("DescribeServices")
    aws.scripted(Moment((up(1, False),)))
    run(timeout=120)
    assert aws.count("DescribeServices") - before > 1.3 * before


def test_the_first_look_sees_that_all_tasks_serve_though_it_is_the_last(aws, run):
    aws.scripted(Moment((up(1), up(2))))
    assert only(run(until_complete=False, timeout=0.0)).outcome is Outcome.LIVE


def test_a_record_that_comes_late_decides_although_the_deployment_is_not_listed(aws, run):
    hidden = Moment(primary="rival", rollout="COMPLETED", recorded=False)
    aws.scripted(hidden, hidden, replace(hidden, recorded=True, status="STOPPED"))
    result = only(run(timeout=60))
    assert (result.outcome, result.cause) == (Outcome.SUPERSEDED, "deployment ecs-svc/9 of x:1 replaced it")


def test_without_a_load_balancer_running_is_all_there_is(aws, run):
    service = aws.released("worker", target_groups=(), listener_rule=None)
    service.script = [Moment(), Moment((FakeTask("a"), FakeTask("b")))]
    aws.environment(service)
    assert only(run(until_complete=False)).outcome is Outcome.LIVE
    assert aws.count("DescribeTargetHealth") == 0


def test_a_release_changes_nothing_but_the_task_definition_of_the_service(aws, run):
    aws.scripted(Moment(), DONE)
    run()
    (register, registered), (update, sent) = aws.writes
    assert (register, update) == ("RegisterTaskDefinition", "UpdateService")
    assert set(sent) == {"cluster", "service", "taskDefinition"}
    assert registered["containerDefinitions"][0]["image"].endswith(f"/axonflow-staging-agent@{DIGESTS['v2']}")


def test_a_revision_can_be_found_by_its_release_and_keeps_its_own_tags(aws, run):
    service = aws.scripted(Moment(), DONE)
    run()
    tags = {tag["key"]: tag["value"] for tag in aws.writes[0][1]["tags"]}
    planned = next(event for event in run.events if isinstance(event, Planned))
    assert tags == {
        "axonflow:fence": "1",
        "axonflow:release": planned.plan.release_id,
        "axonflow:version": "v2",
        "axonflow:template": service.contract.template,
        "team": "platform",
    }


def test_the_first_release_starts_from_the_contracts_template_and_sends_its_count(aws, run):
    service = aws.unreleased(template=task_definition_arn("axonflow-staging-agent-template:3"))
    service.task_definition = task_definition_arn("axonflow-staging-agent-template:1")
    service.script = [Moment(), DONE]
    aws.environment(service)
    assert only(run()).outcome is Outcome.LIVE
    (_, registered), (_, sent) = aws.writes
    assert {tag["key"]: tag["value"] for tag in registered["tags"]}["axonflow:template"] == service.contract.template
    assert (registered["family"], sent["desiredCount"]) == ("axonflow-staging-agent", 2)


def test_the_version_that_already_runs_changes_nothing(aws, run):
    aws.environment(aws.released(version="v2"))
    result = only(run())
    assert (result.outcome, aws.writes) == (Outcome.UNCHANGED, [])
    assert "nothing was changed" in result.serving


def test_a_digest_that_ecs_gave_up_on_is_released_again(aws, run):
    service = aws.released(version="v2")
    service.rollout = "FAILED"
    service.script = [Moment(), DONE]
    aws.environment(service)
    assert only(run()).outcome is Outcome.LIVE


# Events


def test_events_come_only_when_something_changed(aws, run):
    aws.scripted(*[Moment((up(1, False),))] * 5, DONE)
    run()
    progress = [event for event in run.events if isinstance(event, Progress)]
    assert [event.phase for event in progress] == [Phase.STARTING, Phase.LIVE]


def test_the_stream_begins_with_the_plan_and_ends_with_the_results(aws, run):
    aws.scripted(Moment(), DONE)
    results = run()
    assert isinstance(run.events[0], Planned)
    assert isinstance(run.events[-1], Ended)
    assert run.events[-1].results == results
    assert [event.result for event in run.events if isinstance(event, Finished)] == list(results)


def test_only_the_named_services_are_released(aws, run):
    services = [aws.released(name) for name in ("agent", "orchestrator")]
    for service in services:
        service.script = [Moment(), DONE]
    aws.environment(*services)
    assert [result.service for result in run(services=("orchestrator",))] == ["orchestrator"]
    assert aws.count("UpdateService") == 1
