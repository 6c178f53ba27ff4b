"""Schedules and capacity providers: made, changed, read back and removed."""

from __future__ import annotations

from sandbox.provider.types.ecs import CapacityProviders, Cluster
from sandbox.provider.types.scheduler import Schedule
from tests.support.inprocess_aws import InProcessAws

TARGET = {
    "arn": "arn:aws:ecs:eu-central-1:123456789012:cluster/scheduled",
    "roleArn": "arn:aws:iam::123456789012:role/starts-it",
    "ecsParameters": {
        "taskDefinitionArn": "arn:aws:ecs:eu-central-1:123456789012:task-definition/weekly:1",
        "launchType": "FARGATE",
        "taskCount": 1,
        "networkConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": False},
    },
    "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 2},
}


def test_a_schedule_is_read_back_and_switched_on(aws: InProcessAws) -> None:
    made = aws.make(
        Schedule(),
        name="weekly",
        description="Weekly",
        scheduleExpression="cron(0 2 ? * SUN *)",
        scheduleExpressionTimezone="UTC",
        state="DISABLED",
        flexibleTimeWindow={"mode": "OFF"},
        target=TARGET,
    )
    assert made.live == made.inputs
    made.change(state="ENABLED")
    assert made.live == made.inputs
    made.delete()
    assert made.live is None


def test_capacity_providers_are_read_back(aws: InProcessAws) -> None:
    cluster = aws.make(Cluster(), name="scheduled")
    made = aws.make(CapacityProviders(), clusterName="scheduled", capacityProviders=["FARGATE", "FARGATE_SPOT"])
    assert made.live == made.inputs
    made.change(capacityProviders=["FARGATE"])
    assert made.live == made.inputs
    cluster.delete()
