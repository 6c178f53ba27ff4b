"""Releases that fail: the circuit breaker, rollbacks, and what stopped tasks tell."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.images import Behaviour
from tests.support import aws_platform
from tests.support.emulator_scenario import Scenario
from tests.support.sources import Source

BAD = [Behaviour.NO_IMAGE, Behaviour.CRASH, Behaviour.UNHEALTHY]
NO_ROLLBACK = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}


@pytest.mark.source(Source.BREAKER)
@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_release_is_rolled_back_and_the_former_version_serves(scenario: Scenario, behaviour: Behaviour) -> None:
    old = scenario.running("v1")
    serving = {task["taskArn"] for task in scenario.tasks()}
    before = scenario.primary()["id"]
    scenario.release("v2", behaviour)
    healthy = []

    def note() -> bool:
        healthy.append(scenario.targets()["healthy"])
        return scenario.rolled_back()

    scenario.until(note)

    failed = scenario.service_deployments()[0]
    assert failed["status"] == "ROLLBACK_SUCCESSFUL"
    assert failed["rollback"]["reason"] == "Service deployment rolled back because the circuit breaker threshold was exceeded."
    breaker = failed["deploymentCircuitBreaker"]
    assert (breaker["status"], breaker["threshold"]) == ("TRIGGERED", 3)
    assert breaker["failureCount"] >= 3
    assert scenario.describe()["taskDefinition"] == old
    assert scenario.primary()["id"] == before, "the completed deployment is primary again under its own id"
    assert {task["taskArn"] for task in scenario.tasks()} == serving
    assert min(healthy) == 2


def stopped_by(scenario: Scenario, behaviour: Behaviour) -> dict[str, Any]:
    """A task of a bad release that was rolled back."""
    scenario.running("v1")
    bad = scenario.release("v2", behaviour)
    scenario.until(scenario.rolled_back)
    stopped: dict[str, Any] = scenario.stopped(bad)[0]
    return stopped


@pytest.mark.source(Source.CANNOT_PULL)
def test_an_image_that_cannot_be_pulled_stops_the_task_before_it_starts(scenario: Scenario) -> None:
    task = stopped_by(scenario, Behaviour.NO_IMAGE)

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError: ")
    (container,) = task["containers"]
    assert container["reason"] == task["stoppedReason"]
    assert "exitCode" not in container
    assert "startedAt" not in task


@pytest.mark.source(Source.CANNOT_PULL)
def test_an_image_that_ecr_does_not_know_cannot_be_pulled(scenario: Scenario) -> None:
    scenario.running("v1")
    bad = scenario.unreleased()
    scenario.update(taskDefinition=bad)
    scenario.until(scenario.rolled_back)

    reason = scenario.stopped(bad)[0]["stoppedReason"]

    assert reason.endswith(f"{aws_platform.REPOSITORY}:unreleased: not found")
    assert reason.startswith("CannotPullContainerError: pull image manifest has been retried 1 time(s)")


@pytest.mark.source(Source.STOPPED_TASKS)
def test_a_crashing_container_leaves_its_exit_code_and_its_last_lines(scenario: Scenario) -> None:
    task = stopped_by(scenario, Behaviour.CRASH)

    assert (task["stopCode"], task["stoppedReason"]) == ("EssentialContainerExited", "Essential container in task exited")
    assert task["containers"][0]["exitCode"] == 1
    stream = f"agent/agent/{task['taskArn'].rsplit('/', 1)[1]}"
    events = scenario.client("logs").get_log_events(logGroupName=aws_platform.LOG_GROUP, logStreamName=stream)["events"]
    assert events[0]["message"].startswith("starting ")
    assert events[-1]["message"] == "panic: cannot reach database"


@pytest.mark.source(Source.EVENTS)
def test_a_task_that_fails_health_checks_is_replaced(scenario: Scenario) -> None:
    scenario.running("v1")
    bad = scenario.release("v2", Behaviour.UNHEALTHY)
    scenario.until(lambda: scenario.targets()["draining"] > 0)

    target = next(each for each in _health(scenario) if each["State"] == "draining")
    scenario.until(scenario.rolled_back)
    task = scenario.stopped(bad)[0]

    assert target["Reason"] == "Target.DeregistrationInProgress"
    assert task["stopCode"] == "ServiceSchedulerInitiated"
    assert task["stoppedReason"] == f"Task failed ELB health checks in (target-group {scenario.balancer.groups[0]})"
    why = "due to (reason Health checks failed with these codes: [503])."
    reported = f"(port 8080) is unhealthy in (target-group {scenario.balancer.groups[0]}) {why}"
    assert any(reported in event for event in scenario.events())


@pytest.mark.source(Source.API_CREATE)
def test_a_grace_period_spares_unhealthy_tasks(scenario: Scenario) -> None:
    scenario.running("v1")
    bad = scenario.release("v2", Behaviour.UNHEALTHY, healthCheckGracePeriodSeconds=100)
    scenario.until(lambda: scenario.targets()["unhealthy"] == 2)

    scenario.run(3)
    assert scenario.stopped(bad) == []
    scenario.until(scenario.rolled_back)


def _health(scenario: Scenario) -> list[dict[str, Any]]:
    answer = scenario.client("elbv2").describe_target_health(TargetGroupArn=scenario.balancer.groups[0])
    return [each["TargetHealth"] for each in answer["TargetHealthDescriptions"]]


@pytest.mark.source(Source.CRASH_UNCOUNTED)
def test_failed_tasks_misses_a_crash_after_running(scenario: Scenario) -> None:
    """aws/containers-roadmap#1206: what the API counts is tasks that did not reach RUNNING or failed health checks."""
    scenario.running("v1")
    scenario.release("v2", Behaviour.CRASH)
    counted = []

    def note() -> bool:
        counted.extend(each["failedTasks"] for each in scenario.describe()["deployments"])
        return scenario.rolled_back()

    scenario.until(note)

    assert set(counted) == {0}


@pytest.mark.source(Source.API_DEPLOYMENT)
def test_failed_tasks_counts_failed_pulls(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", Behaviour.NO_IMAGE)

    scenario.until(lambda: scenario.primary()["failedTasks"] >= 2)


@pytest.mark.source(Source.API_BREAKER)
@pytest.mark.parametrize(
    ("desired", "configuration", "threshold"),
    [
        (2, None, 3),
        (20, None, 10),
        (2, {"type": "COUNT", "value": 5}, 5),
        (20, {"type": "UNBOUNDED_PERCENT", "value": 10}, 2),
        (10, {"type": "BOUNDED_PERCENT", "value": 100}, 10),
    ],
)
def test_the_breaker_trips_at_its_threshold(
    scenario: Scenario, desired: int, configuration: dict[str, Any] | None, threshold: int
) -> None:
    scenario.running("v1", desired)
    breaker = {"enable": True, "rollback": True}
    if configuration:
        breaker["thresholdConfiguration"] = configuration  # type: ignore[assignment]
    scenario.release("v2", Behaviour.NO_IMAGE, deploymentConfiguration={"deploymentCircuitBreaker": breaker})

    scenario.until(scenario.rolled_back)

    shown = scenario.service_deployments()[0]["deploymentCircuitBreaker"]
    assert shown["threshold"] == threshold
    assert threshold <= shown["failureCount"] < threshold + desired


@pytest.mark.source(Source.BREAKER)
def test_the_breaker_trips_at_the_failure_that_reaches_its_threshold(scenario: Scenario) -> None:
    scenario.running("v1", 1)
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 4}}
    bad = scenario.release("v2", Behaviour.NO_IMAGE, deploymentConfiguration={"deploymentCircuitBreaker": breaker})

    scenario.until(scenario.rolled_back)

    assert scenario.service_deployments()[0]["deploymentCircuitBreaker"]["failureCount"] == 4
    assert len(scenario.stopped(bad)) == 4, "one at a time, and none after the last"


@pytest.mark.source(Source.BREAKER)
def test_one_failure_below_the_threshold_does_not_trip(scenario: Scenario) -> None:
    scenario.running("v1", 1)
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 4}}
    bad = scenario.release("v2", Behaviour.NO_IMAGE, deploymentConfiguration={"deploymentCircuitBreaker": breaker})

    scenario.until(lambda: scenario.primary()["failedTasks"] == 3)

    assert scenario.primary()["taskDefinition"] == bad
    assert scenario.primary()["rolloutState"] == "IN_PROGRESS"


@pytest.mark.source(Source.API_BREAKER)
@pytest.mark.parametrize(("resets", "count"), [(True, 0), (False, 2)])
def test_a_healthy_task_resets_the_breaker_s_count_unless_told_otherwise(scenario: Scenario, resets: bool, count: int) -> None:
    scenario.running("v1")
    logs = scenario.client("logs")
    logs.delete_log_group(logGroupName=aws_platform.LOG_GROUP)
    breaker = {"enable": True, "rollback": True, "resetOnHealthyTask": resets}
    scenario.release("v2", deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    scenario.until(lambda: scenario.primary()["failedTasks"] == 2)
    logs.create_log_group(logGroupName=aws_platform.LOG_GROUP)

    scenario.until(scenario.settled)

    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"
    assert scenario.service_deployments()[0]["deploymentCircuitBreaker"]["failureCount"] == count


@pytest.mark.source(Source.BREAKER)
def test_a_breaker_without_rollback_leaves_the_deployment_failed(scenario: Scenario) -> None:
    old = scenario.running("v1")
    bad = scenario.release("v2", Behaviour.NO_IMAGE, deploymentConfiguration=NO_ROLLBACK)

    scenario.until(lambda: scenario.primary()["rolloutState"] == "FAILED")
    launched = len(scenario.tasks("STOPPED"))
    scenario.run(5)

    assert scenario.primary()["taskDefinition"] == bad
    assert scenario.primary()["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert scenario.service_deployments()[0]["status"] == "STOPPED"
    assert [task["taskDefinitionArn"] for task in scenario.tasks()] == [old, old], "the old tasks go on"
    assert len(scenario.tasks("STOPPED")) == launched, "a failed deployment launches nothing"


@pytest.mark.source(Source.LAUNCH_THROTTLE)
def test_without_a_breaker_ecs_goes_on_trying(scenario: Scenario) -> None:
    scenario.running("v1")
    off = {"deploymentCircuitBreaker": {"enable": False, "rollback": False}}
    bad = scenario.release("v2", Behaviour.NO_IMAGE, deploymentConfiguration=off)

    scenario.run(30)

    assert scenario.primary()["rolloutState"] == "IN_PROGRESS"
    assert 20 < len(scenario.stopped(bad)) < 60, "with growing pauses in between"
    assert any("is unable to consistently start tasks successfully." in event for event in scenario.events())
    assert scenario.service_deployments()[0]["deploymentCircuitBreaker"]["status"] == "DISABLED"


@pytest.mark.source(Source.LAUNCH_THROTTLE)
@pytest.mark.parametrize("behaviour", [Behaviour.CRASH, Behaviour.UNHEALTHY])
def test_tasks_that_stop_after_they_ran_slow_no_launch_down_and_raise_no_event(
    scenario: Scenario, behaviour: Behaviour
) -> None:
    """Deployment tools take that event for a failure: with it, they would find out about a rollback by accident."""
    scenario.running("v1")
    scenario.release("v2", behaviour)

    scenario.until(scenario.rolled_back)

    assert not any("unable to consistently start tasks" in event for event in scenario.events())


@pytest.mark.source(Source.BREAKER)
def test_a_rollback_keeps_the_present_count(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", Behaviour.UNHEALTHY)
    scenario.run(0.5)
    scenario.update(desiredCount=3)

    scenario.until(scenario.rolled_back)
    scenario.until(lambda: scenario.targets() == {"healthy": 3})

    assert scenario.describe()["desiredCount"] == 3


@pytest.mark.source(Source.BREAKER)
def test_a_rollback_returns_to_the_newest_deployment_that_completed(scenario: Scenario) -> None:
    scenario.running("v1")
    second = scenario.release("v2")
    scenario.until(scenario.settled)
    scenario.release("v3", Behaviour.NO_IMAGE)

    scenario.until(scenario.rolled_back)

    assert scenario.describe()["taskDefinition"] == second


@pytest.mark.source(Source.BREAKER)
def test_a_rollback_passes_over_a_superseded_deployment(scenario: Scenario) -> None:
    first = scenario.running("v1")
    scenario.release("v2")
    scenario.until(lambda: scenario.targets()["initial"] > 0)
    scenario.release("v3", Behaviour.NO_IMAGE)

    scenario.until(scenario.rolled_back)

    assert scenario.describe()["taskDefinition"] == first, "only a completed deployment is a rollback's target"


@pytest.mark.source(Source.STATES)
def test_a_release_supersedes_a_rollback_under_way(scenario: Scenario) -> None:
    scenario.running("v1")
    scenario.release("v2", Behaviour.UNHEALTHY)
    scenario.until(lambda: scenario.service_deployments()[0]["status"] == "ROLLBACK_IN_PROGRESS")

    newest = scenario.release("v3")
    scenario.until(scenario.settled)

    assert [each["status"] for each in scenario.service_deployments()] == ["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {newest}


@pytest.mark.source(Source.BREAKER)
def test_the_deployment_list_shows_a_rollback_as_ecs_does(scenario: Scenario) -> None:
    scenario.running("v1")
    old = scenario.primary()["id"]
    scenario.release("v2", Behaviour.UNHEALTHY)
    scenario.until(lambda: len(scenario.describe()["deployments"]) == 2 and scenario.primary()["id"] == old)

    primary, failed = scenario.describe()["deployments"]

    assert primary["rolloutStateReason"] == f"ECS deployment circuit breaker: rolling back to deploymentId {old}."
    assert (failed["status"], failed["rolloutState"]) == ("ACTIVE", "FAILED")
    assert failed["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."


@pytest.mark.source(Source.BREAKER)
@pytest.mark.parametrize("behaviour", BAD)
def test_a_first_release_rolls_back_to_a_template_that_cannot_run(scenario: Scenario, behaviour: Behaviour) -> None:
    template = scenario.unreleased()
    scenario.create(template)
    scenario.release("v1", behaviour, desiredCount=2)
    scenario.until(lambda: scenario.service_deployments()[0]["status"] == "ROLLBACK_IN_PROGRESS")

    assert scenario.describe()["taskDefinition"] == template
    assert scenario.describe()["desiredCount"] == 2, "the rollback keeps the count"
    scenario.update(desiredCount=0)
    scenario.until(scenario.settled)

    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
    assert scenario.describe()["runningCount"] == 0
    assert scenario.targets() == {}


@pytest.mark.source(Source.BREAKER)
def test_a_first_release_whose_rollback_fails_is_brought_to_rest_by_count_0(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    scenario.release("v1", Behaviour.NO_IMAGE, desiredCount=2)
    scenario.until(lambda: scenario.service_deployments()[0]["status"] == "ROLLBACK_FAILED")

    assert scenario.primary()["rolloutState"] == "FAILED"
    scenario.update(desiredCount=0)
    scenario.until(lambda: "steady state" in scenario.events()[0])

    found = scenario.describe()
    assert (found["runningCount"], found["pendingCount"], len(found["deployments"])) == (0, 0, 1)
    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_FAILED", "the outcome stays"


@pytest.mark.source(Source.BREAKER)
def test_a_good_first_release_after_failed_ones_succeeds(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    for tag, behaviour in (("v1", Behaviour.NO_IMAGE), ("v2", Behaviour.CRASH)):
        scenario.release(tag, behaviour, desiredCount=2)
        scenario.until(lambda: scenario.service_deployments()[0]["status"].startswith("ROLLBACK"))
        scenario.update(desiredCount=0)
        scenario.run(5)

    good = scenario.release("v3", desiredCount=2)
    scenario.until(scenario.settled)

    assert scenario.service_deployments()[0]["status"] == "SUCCESSFUL"
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {good}


@pytest.mark.source(Source.STOPPING)
def test_a_stopped_deployment_rolls_back(scenario: Scenario) -> None:
    old = scenario.running("v1")
    scenario.release("v2")
    arn = scenario.service_deployments()[0]["serviceDeploymentArn"]

    answer = scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")
    at_once = scenario.service_deployments()[0]["status"]
    scenario.until(scenario.settled)

    assert answer["serviceDeploymentArn"] == arn
    assert at_once == "ROLLBACK_REQUESTED"
    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
    assert {task["taskDefinitionArn"] for task in scenario.tasks()} == {old}


@pytest.mark.source(Source.STOPPING)
def test_a_deployment_that_has_ended_cannot_be_stopped(scenario: Scenario) -> None:
    scenario.running("v1")
    arn = scenario.service_deployments()[0]["serviceDeploymentArn"]

    with pytest.raises(ClientError, match="ConflictException"):
        scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    with pytest.raises(ClientError, match="ServiceDeploymentNotFoundException"):
        scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn[:-3] + "zzz")


@pytest.mark.source(Source.STOPPING)
def test_stopping_a_first_release_and_setting_count_0_ends_at_rest(scenario: Scenario) -> None:
    scenario.create(scenario.unreleased())
    scenario.release("v1", Behaviour.UNHEALTHY, desiredCount=2)
    scenario.run(1)

    arn = scenario.service_deployments()[0]["serviceDeploymentArn"]
    scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    scenario.update(desiredCount=0)
    scenario.until(scenario.settled)

    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"
    assert scenario.describe()["runningCount"] == 0


@pytest.mark.source(Source.BREAKER)
def test_stopping_a_service_that_never_completed_leaves_it_stalled(scenario: Scenario) -> None:
    scenario.create(scenario.register(scenario.push("v1", Behaviour.CRASH)), 2)
    scenario.run(1)

    arn = scenario.service_deployments()[0]["serviceDeploymentArn"]
    scenario.ecs.stop_service_deployment(serviceDeploymentArn=arn)
    scenario.run(1)

    assert scenario.service_deployments()[0]["status"] == "ROLLBACK_FAILED"
    assert scenario.primary()["rolloutState"] == "FAILED"


@pytest.mark.source(Source.LOGS)
def test_a_missing_log_group_keeps_a_task_from_starting(scenario: Scenario) -> None:
    scenario.client("logs").delete_log_group(logGroupName=aws_platform.LOG_GROUP)
    definition = scenario.register(scenario.push("v1"))
    scenario.create(definition, 1)
    scenario.until(lambda: bool(scenario.stopped(definition)))

    task = scenario.stopped(definition)[0]

    assert task["stoppedReason"].startswith("ResourceInitializationError: failed to validate logger args")
    assert scenario.client("logs").describe_log_groups()["logGroups"] == [], "ECS creates no log group"
