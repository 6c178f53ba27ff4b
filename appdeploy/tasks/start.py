"""Starts a one-off task: a service's revision with another command, once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appdeploy.model.task_definition import RELEASE_TAG

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

    from appdeploy.aws.clients import Clients
    from appdeploy.aws.writes import EcsWriter
    from appdeploy.model.task_definition import TaskDefinition


@dataclass(frozen=True)
class OneOffTask:
    """A command that runs once."""

    name: str
    """The service for which it runs, and whose network and launch type it takes."""
    service: str
    """The service's ARN."""
    cluster: str
    task_definition: str
    """ARN of the revision that it runs."""
    definition: TaskDefinition
    """That revision, or the one that it is made from: it says where the container logs."""
    container: str
    command: tuple[str, ...]
    timeout_seconds: int
    """How long it may run before it is stopped."""
    release_id: str


def request_of(task: OneOffTask, described: ServiceTypeDef) -> Mapping[str, Any]:
    """The parameters of RunTask. They are the same however often a release asks, and so is their token."""
    origin = f"{task.release_id}/{task.name}"
    return {
        "cluster": task.cluster,
        "taskDefinition": task.task_definition,
        "overrides": {"containerOverrides": [{"name": task.container, "command": list(task.command)}]},
        "startedBy": origin,
        "clientToken": hashlib.sha256(origin.encode()).hexdigest(),
        "tags": [{"key": RELEASE_TAG, "value": task.release_id}],
        **dict(_launch(described)),
    }


def start_task(task: OneOffTask, clients: Clients, writer: EcsWriter) -> str:
    """Run it in the service's network. Returns the task's ARN.

    Raises WriteRefused, OutOfReach when the answer is not known, errors of the SDK before anything is sent.
    """
    described = clients.ecs.describe_services(cluster=task.cluster, services=[task.service])["services"][0]
    return writer.run_task(request_of(task, described))


def _launch(service: ServiceTypeDef) -> Iterator[tuple[str, Any]]:
    """How the service starts its tasks: with a launch type or a strategy, never both (API reference, RunTask)."""
    if service.get("capacityProviderStrategy"):
        yield "capacityProviderStrategy", service["capacityProviderStrategy"]
    elif "launchType" in service:
        yield "launchType", service["launchType"]
    if service.get("platformVersion"):
        yield "platformVersion", service["platformVersion"]
    if service.get("networkConfiguration"):
        yield "networkConfiguration", service["networkConfiguration"]
