"""Status: what serves, what is under way, what went wrong last, and whether the template has moved on."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter

from appdeploy.render.status import status_lines
from appdeploy.render.status_table import print_table
from appdeploy.status.read import read_status
from appdeploy.status.report import ActiveAlarm, StatusReport
from tests.support.release_scenario import (
    DIGESTS,
    AwsSays,
    FakeTask,
    Moment,
    crashed,
    not_pulled,
    task_definition_arn,
    up,
)

TEMPLATE = "axonflow-staging-agent-template"


@pytest.fixture
def read(clients, aws):
    def go(service):
        aws.environment(service)
        report = read_status(clients, "staging", ())
        assert aws.writes == []
        return report, "\n".join(status_lines(report))

    return go


def deployed(aws, moment):
    """A service with a deployment of ours in the given state."""
    service = aws.released()
    service.ours = task_definition_arn("axonflow-staging-agent:5")
    aws.task_definitions[service.ours] = {
        **aws.task_definitions[service.task_definition],
        "tags": [{"key": "axonflow:version", "value": "v2"}],
    }
    service.script = [moment]
    return service


def test_a_running_version(aws, read):
    report, text = read(aws.released())
    service = report.services[0]
    assert (service.version, service.digest, service.running, service.desired) == ("v1", DIGESTS["v1"], 2, 2)
    assert "agent: v1 (0000000), 2/2 tasks" in text


def test_healthy_targets_are_those_of_the_group_that_serves(aws, read):
    report, text = read(deployed(aws, Moment((up(1), up(2, False)), status="SUCCESSFUL", rollout="COMPLETED")))
    assert report.services[0].healthy == 1
    assert "1 healthy target" in text


def test_a_service_that_was_never_released_says_so(aws, read):
    report, text = read(aws.unreleased())
    assert (report.services[0].released, report.services[0].version) == (False, None)
    assert "agent: not released yet, 0/0 tasks" in text


def test_a_template_that_has_moved_on(aws, read):
    service = aws.released()
    tagged = service.contract.template
    service.contract = service.contract.model_copy(update={"template": task_definition_arn(f"{TEMPLATE}:2")})
    report, text = read(service)
    assert report.services[0].template_drift.running == tagged.rsplit("/", 1)[1]
    assert (
        f"newer template: {TEMPLATE}:1 -> {TEMPLATE}:2; the running tasks keep the old one until `appdeploy sync -e staging`"
        in text
    )


def test_a_deployment_in_progress(aws, read):
    report, text = read(deployed(aws, Moment((up(1),))))
    underway = report.services[0].underway
    assert (underway.kind, underway.version, underway.running, underway.desired) == ("rolling out", "v2", 1, 2)
    assert report.services[0].version == "v1"
    assert "rolling out: v2, 1/2 tasks" in text


def test_a_rollback_in_progress_serves_the_former_version(aws, read):
    report, _ = read(deployed(aws, Moment(status="ROLLBACK_IN_PROGRESS", primary="former")))
    assert report.services[0].underway.kind == "rolling back"
    assert report.services[0].version == "v1"


ROLLED_BACK = "Service deployment rolled back because the circuit breaker threshold was exceeded."


def rolled_back(aws, *tasks, release="upgrade-2025-1125-143000-abc123"):
    """A service whose release of v2 ECS has rolled back."""
    service = deployed(
        aws, Moment(tasks, status="ROLLBACK_SUCCESSFUL", primary="former", rollout="COMPLETED", reason=ROLLED_BACK)
    )
    aws.task_definitions[service.ours]["tags"].append({"key": "axonflow:release", "value": release})
    return service


def test_a_rolled_back_deployment_names_what_failed_and_ecs_s_words(aws, read):
    report, text = read(rolled_back(aws))
    assert report.services[0].version == "v1"
    failed = "v2 (upgrade-2025-1125-143000-abc123) at 2025-11-25 14:30:00Z: ROLLBACK_SUCCESSFUL"
    assert f"last deployment: {failed}: {ROLLED_BACK}" in text


def test_while_ecs_knows_the_tasks_of_a_failed_deployment_they_say_why(aws, read):
    report, text = read(rolled_back(aws, crashed(1), crashed(2)))
    assert report.services[0].last_failure.cause == "2 tasks exited with code 1"
    assert "ROLLBACK_SUCCESSFUL: 2 tasks exited with code 1" in text
    assert "in the last 15 min" not in text, "they stopped long ago"


def test_later_the_ledger_says_why(aws, command, capsys):
    aws.crashing()
    assert command("deploy", "-e", "staging", "--version", "v2") == 21
    [service] = aws.services.values()
    service.moment = replace(service.moment, tasks=())
    capsys.readouterr()
    assert command("status", "-e", "staging") == 0
    assert "ROLLBACK_SUCCESSFUL: 2 tasks exited with code 1" in capsys.readouterr().out


# What fails now


def just_now(task):
    return replace(task, made=datetime.now(UTC) - timedelta(seconds=20))


def crash_loop(aws, *tasks):
    """A service that went live, and whose tasks stop since."""
    return deployed(aws, Moment((up(1), *tasks), status="SUCCESSFUL", rollout="COMPLETED"))


def test_a_crash_loop_after_live_is_shown_with_its_reason_and_the_way_back(aws, read):
    service = crash_loop(aws, just_now(crashed(1)), just_now(crashed(2)), just_now(not_pulled(3)))
    report, text = read(service)
    assert [(item.count, item.what) for item in report.services[0].stopped_tasks if item.current] == [
        (2, "2 tasks exited with code 1"),
        (1, "1 task could not pull its image"),
    ]
    assert "  2 tasks exited with code 1 in the last 15 min, the newest at " in text
    assert "not found" in text, "AWS's own words"
    assert "`appdeploy rollback -e staging -s agent` goes back to what served before" in text
    assert not report.healthy


def test_tasks_that_stopped_long_ago_or_on_purpose_are_no_news(aws, read):
    scaled_in = just_now(FakeTask("in", stop_code="ServiceSchedulerInitiated", stopped_reason="Scaling activity initiated"))
    report, _ = read(crash_loop(aws, crashed(1), scaled_in))
    assert report.services[0].stopped_tasks == ()


def test_failed_tasks_of_a_former_deployment_are_shown_as_such_and_are_no_failure_of_what_serves(aws, read):
    tasks = (up(1), up(2), replace(just_now(crashed(1)), foreign=True))
    report, text = read(deployed(aws, Moment(tasks, status="SUCCESSFUL", rollout="COMPLETED")))
    assert re.search(r"  earlier: 1 task of a former deployment exited with code 1 until \d\d:\d\dZ$", text)
    assert "rollback" not in text
    assert report.healthy


def test_the_newest_bad_news_of_ecs_is_shown_and_good_news_is_not(aws, read):
    service = crash_loop(aws)
    placed = "(service agent) was unable to place a task because no container instance met all of its requirements."
    service.script = [replace(service.script[0], events=("(service agent) has reached a steady state.", placed))]
    service.told_at = datetime.now(UTC)
    report, text = read(service)
    assert report.services[0].event.message == placed
    assert f"Z: {placed}" in text
    service.told_at = datetime.now(UTC) - timedelta(minutes=16)
    assert read(service)[0].services[0].event is None


def test_active_alarms_of_the_environment_are_shown(aws, read):
    aws.alarms = {"axonflow-staging-agent-errors": "ALARM", "axonflow-staging-agent-slow": "OK", "other-agent": "ALARM"}
    report, text = read(aws.released())
    assert [alarm.name for alarm in report.alarms] == ["axonflow-staging-agent-errors"]
    assert "alarm axonflow-staging-agent-errors since 2025-11-25 14:30:00Z: Threshold Crossed" in text


def test_an_alarm_s_reason_is_without_its_datapoints(aws, read):
    report, _ = read(aws.released())
    said = (
        "Threshold Crossed: 2 out of the last 2 datapoints [7.0 (30/11/26 18:51:38), 8.0 (30/11/26 18:51:37)] were greater"
        " than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    [line] = [
        line
        for line in status_lines(replace(report, alarms=(ActiveAlarm("errors", datetime.now(UTC), said),)))
        if "alarm" in line
    ]
    assert line.endswith(": Threshold Crossed: 2 out of the last 2 datapoints were greater than the threshold (5.0).")


@pytest.mark.parametrize(
    ("operation", "named", "shown"),
    [
        ("DescribeTargetHealth", "elasticloadbalancing:DescribeTargetHealth", "? healthy"),
        ("ListServiceDeployments", "ecs:ListServiceDeployments", "1 healthy target"),
        ("ListTasks", "ecs:ListTasks", "1 healthy target"),
        ("DescribeTaskDefinition", "ecs:DescribeTaskDefinition", "version not known"),
        ("DescribeAlarms", "cloudwatch:DescribeAlarms", "1 healthy target"),
        ("DescribeRules", "elasticloadbalancing:DescribeRules", "? healthy"),
    ],
)
def test_a_source_that_does_not_answer_is_named_and_the_rest_is_shown(aws, read, operation, named, shown):
    service = crash_loop(aws)
    aws.answers[operation] = [AwsSays("ServerException")] * 4
    report, text = read(service)
    assert f"could not be read: {named}: ServerException: said AWS" in text
    assert "1/2 tasks" in text
    assert shown in text
    assert not report.healthy


@pytest.mark.parametrize(("tasks", "expected"), [((up(1), up(2)), 0), ((up(1),), 10), ((up(1), up(2, False)), 10)])
def test_expect_healthy(aws, command, tasks, expected):
    aws.environment(deployed(aws, Moment(tasks, status="SUCCESSFUL", rollout="COMPLETED")))
    assert command("status", "-e", "staging", "--expect-healthy") == expected


def test_target_groups_that_disagree_are_told(aws, read):
    moment = Moment((up(1), up(2)), status="SUCCESSFUL", rollout="COMPLETED", resolved="b", weighted="a")
    report, text = read(deployed(aws, moment))
    assert report.services[0].healthy is None
    assert "target group unclear" in text


def test_a_service_without_a_load_balancer_has_no_targets(aws, read):
    report, _ = read(aws.released("worker", target_groups=(), listener_rule=None))
    assert (report.services[0].healthy, report.services[0].routing_problem) == (None, None)


def test_json_is_the_documented_model(aws, clients):
    aws.environment(aws.released())
    report = read_status(clients, "staging", ())
    assert TypeAdapter(StatusReport).validate_json(report.to_json()) == report


@pytest.mark.parametrize("columns", ["60", "80", "100"])
def test_a_terminal_shows_each_command_in_one_line(aws, read, monkeypatch, columns):
    report, _ = read(aws.released())
    failing = replace(report.services[0], name="orchestrator", running=0, release="upgrade-2026-1130-143000-abc123")
    lock = "the lock is held by upgrade-2026-1130-143000-abc123 of bob: `appdeploy rollback -e staging -s orchestrator` ends it"
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    print_table(replace(report, services=(failing,), lock=lock))
    text = sys.stdout.getvalue()
    assert text.count("`appdeploy rollback -e staging -s orchestrator`") == 2
    assert all(len(line) <= int(columns) for line in text.splitlines())
