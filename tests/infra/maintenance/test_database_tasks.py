"""One-off tasks on the database: what they may do, and when they run by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.declared import as_declared, declared
from tests.infra.mocked import Declared, Recording, one_service

SCHEDULE = "aws:scheduler/schedule:Schedule"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
POLICY = "aws:iam/rolePolicy:RolePolicy"


@pytest.fixture(scope="module")
def staging() -> Recording:
    return as_declared("staging")


@pytest.fixture(scope="module")
def with_an_image() -> Recording:
    config = one_service()
    config["axonflow:platform"]["operations_version"] = "v1.2.0"
    return declared("staging", config)


def container(task: Declared) -> dict[str, Any]:
    [only] = json.loads(task.inputs["containerDefinitions"])
    return dict(only)


def actions(recording: Recording, role: str) -> set[str]:
    document = json.loads(recording.one(POLICY, role).inputs["policy"])
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_without_an_image_nothing_runs_by_itself_and_nothing_could(staging: Recording) -> None:
    assert staging.one(SCHEDULE, "maintenance").inputs["state"] == "DISABLED"
    for job in ("db-init", "db-maintain"):
        assert container(staging.one(TASK, job))["image"].endswith("axonflow-staging-operations:unreleased")


def test_with_an_image_the_maintenance_runs_on_sundays_at_two(with_an_image: Recording) -> None:
    schedule = with_an_image.one(SCHEDULE, "maintenance").inputs
    assert (schedule["state"], schedule["scheduleExpression"]) == ("ENABLED", "cron(0 2 ? * SUN *)")
    assert schedule["scheduleExpressionTimezone"] == "UTC"
    assert "task-definition/axonflow-staging-db-maintain:" in schedule["target"]["ecsParameters"]["taskDefinitionArn"]
    assert container(with_an_image.one(TASK, "db-maintain"))["image"].endswith("axonflow-staging-operations:v1.2.0")


def test_the_master_user_is_for_db_init_alone(staging: Recording) -> None:
    assert "MASTER_LOGIN_ARN" in {item["name"] for item in container(staging.one(TASK, "db-init"))["environment"]}
    document = json.dumps(container(staging.one(TASK, "db-maintain")))
    assert "rds!db-1" not in document
    readers = [policy.name for policy in staging.of(POLICY) if "rds!db-1" in policy.inputs["policy"]]
    assert readers == ["db-init-task"]


def test_db_init_writes_the_services_secret_and_reads_the_masters(staging: Recording) -> None:
    assert actions(staging, "db-init-task") == {
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
    }


def test_the_schedule_may_start_that_one_task(staging: Recording) -> None:
    document = json.loads(staging.one(POLICY, "maintenance-schedule").inputs["policy"])
    [run_it] = [item for item in document["Statement"] if item["Action"] == ["ecs:RunTask"]]
    assert all(resource.endswith("task-definition/axonflow-staging-db-maintain:*") for resource in run_it["Resource"])
    assert actions(staging, "maintenance-schedule") == {"ecs:RunTask", "iam:PassRole"}
