"""What is sent to run the task before a rollout, and what its end means. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from appdeploy.model.ecs_state import Task
from appdeploy.model.task_definition import RELEASE_TAG
from appdeploy.watch.failures import classify

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

    from appdeploy.model.contract import BeforeTask
    from appdeploy.model.plan import ReleasePlan, ServicePlan

_BY_ITSELF = "EssentialContainerExited"


def is_wanted(service: ServicePlan) -> bool:
    """Whether it has to run. Only a new revision has something to prepare, and what has passed is not run again."""
    before = service.resumed.pre_deploy if service.resumed else None
    passed = service.deployment_id is not None or (before is not None and before.exit_code == 0)
    return service.contract.pre_deploy is not None and service.change.registers and not passed


def task_of(service: ServicePlan) -> BeforeTask:
    """The contract's wish, of a service that has one."""
    assert service.contract.pre_deploy is not None, "only services with such a task are asked"
    return service.contract.pre_deploy


def request_of(plan: ReleasePlan, service: ServicePlan, revision: str, described: ServiceTypeDef) -> Mapping[str, Any]:
    """The parameters of RunTask. They are the same however often a release asks, and so is their token."""
    contract = service.contract
    origin = f"{plan.release_id}/{contract.name}"
    command = {"name": contract.container, "command": list(task_of(service).command)}
    return {
        "cluster": plan.cluster,
        "taskDefinition": revision,
        "overrides": {"containerOverrides": [command]},
        "startedBy": origin,
        "clientToken": hashlib.sha256(origin.encode()).hexdigest(),
        "tags": [{"key": RELEASE_TAG, "value": plan.release_id}],
        **dict(_launch(described)),
    }


def own_exit_code(task: Task, service: ServicePlan) -> int | None:
    """The code with which it ended by itself. A task that was stopped has one too, which says nothing."""
    codes = {container.name: container.exit_code for container in task.containers}
    return codes.get(service.contract.container) if task.stop_code == _BY_ITSELF else None


def why_it_failed(task: Task, service: ServicePlan, *, too_long: bool) -> str | None:
    """What a task that has stopped did, after "the task before its rollout"; None when it ended well."""
    if own_exit_code(task, service) == 0:
        return None
    if too_long:
        return f"{ran_too_long(service)} and was stopped"
    failure = classify(task, service.contract.container)
    if failure is None:
        return f"was stopped: {' '.join(task.stopped_reason.split()) or 'ECS gives no reason'}"
    return f"{failure.what.replace('their', 'its')}{f': {failure.detail}' if failure.detail else ''}"


def ran_too_long(service: ServicePlan) -> str:
    """In words."""
    return f"ran longer than {task_of(service).timeout_seconds} s"


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
