"""AWS's words: service events, reasons of deployments, reasons of stopped tasks.

Sources: docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html (events),
deployment-circuit-breaker.html (rollout reasons), stopped-task-error-codes.html and resource-initialization-error.html
(tasks). Of statusReason AWS documents only the circuit breaker's; the others are worded alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """What AWS says of a deployment that failed for one of its reasons."""

    failed: str
    """Its rolloutStateReason."""
    event: str
    because: str
    """The end of its statusReason."""

    @property
    def rolled_back(self) -> str:
        return f"Service deployment rolled back because {self.because}."

    @property
    def stopped(self) -> str:
        return f"Service deployment stopped because {self.because}."


BREAKER = Cause(
    "ECS deployment circuit breaker: tasks failed to start.",
    "deployment failed: tasks failed to start.",
    "the circuit breaker threshold was exceeded",
)
ALARM = Cause(
    "ECS deployment failed: alarm detected.",
    "deployment failed: alarm detected.",
    "a CloudWatch alarm was in the ALARM state",
)
USER = Cause("ECS deployment stopped by user.", "deployment failed: stopped by user.", "of a user request")
NO_ROLLBACK_TARGET = "Service deployment cannot be rolled back because there is no completed service revision."
ROLLBACK_FAILED = "Service deployment rollback failed because the circuit breaker threshold was exceeded."
SUPERSEDED = "Service deployment stopped because a newer service deployment was started."
SERVICE_DELETED = "Service deployment stopped because the service was deleted."
CONTAINER_EXITED = "Essential container in task exited"
SPOT = "Your Spot Task was interrupted."
"""DG/fargate-capacity-providers.html, with the stop code SpotInterruption."""
NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone."
UNPLACED = f"was unable to place a task. Reason: {NO_CAPACITY}"
"""DG/service-event-messages-list.html. What a task shows meanwhile is not published: here it stops with that reason and
TaskFailedToStart, as one does for which DescribeTasks says `TaskFailedToStart: RESOURCE:*` (DG/api_failures_messages.html)."""
STEADY = "has reached a steady state."
IMPAIRED = "is unable to consistently start tasks successfully."
ACTIONS = {
    STEADY: ("INFO", "SERVICE_STEADY_STATE"),
    IMPAIRED: ("WARN", "SERVICE_TASK_START_IMPAIRED"),
    UNPLACED: ("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE"),
}
"""Type and name of the EventBridge event that goes with a service event (DG/ecs_service_events.html)."""
DEADLOCK = (
    "was unable to stop or start tasks during a deployment because of the service deployment configuration. "
    "Update the minimumHealthyPercent or maximumPercent value and try again."
)


def in_progress(deployment_id: str) -> str:
    return f"ECS deployment {deployment_id} in progress."


def completed(deployment_id: str) -> str:
    return f"ECS deployment {deployment_id} completed."


def rolling_back(cause: str, deployment_id: str) -> str:
    return f"{cause.partition(':')[0].removesuffix('.')}: rolling back to deploymentId {deployment_id}."


def scaling(deployment_id: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment_id})"


def failed_health_checks(group_arns: Sequence[str]) -> str:
    groups = ", ".join(f"(target-group {arn})" for arn in group_arns)
    return f"Task failed ELB health checks in {groups}"


def tasks(ids: Sequence[str]) -> str:
    """`2 tasks: (task a) (task b).`"""
    return f"{len(ids)} tasks: " + " ".join(f"(task {i})" for i in ids) + "."


def pull_timed_out(reference: str) -> str:
    """DG/task_cannot_pull_image.html; in these words in github.com/ActionIQ/terraform-aws-retool-ecs-fargate/issues/20."""
    host, _, name = reference.partition("/")
    return (
        f"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {reference}: "
        f'failed to do request: Head "https://{host}/v2/{name.partition("@")[0].partition(":")[0]}/manifests": '
        "dial tcp 10.0.2.17:443: i/o timeout"
    )


def missing_log_group() -> str:
    return (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
    )


_NO_RESOURCES = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed:"
"""DG/resource-initialization-error.html."""
SECRET_NOT_FOUND = "ResourceNotFoundException: Secrets Manager can't find the specified secret."
SECRET_DELETED = "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
NO_SECRET_VALUE = "ResourceNotFoundException: Secrets Manager can't find the specified secret value for "
MISSING_JSON_KEY = "retrieved secret from Secrets Manager did not contain json key "
MALFORMED_SECRET = (
    "trying to retrieve secret with value {} resulted in error: an invalid ARN format for the AWS Secrets Manager secret was "
    "specified. Specify a valid ARN and try again."
)


def missing_parameters(names: Sequence[str]) -> str:
    retried = "service call has been retried 1 time(s)"
    return f"{_NO_RESOURCES} unable to retrieve secrets from ssm: {retried}: invalid ssm parameters: {', '.join(names)}"


def unavailable_secret(why: str) -> str:
    return f"{_NO_RESOURCES} unable to retrieve secret from asm: {why}"


def secret_not_fetched(arn: str, why: str) -> str:
    return f"service call has been retried 1 time(s): failed to fetch secret {arn} from secrets manager: {why}"
