"""The API's documents of the scheduler's objects: what a client reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.ecs.model import (
    Container,
    Deployment,
    DeploymentStatus,
    Service,
    ServiceDeployment,
    ServiceRevision,
    Task,
    TaskStatus,
)
from sandbox.emulator.ecs.rolling import counts

Document = dict[str, Any]
_SHOWN_ELSEWHERE = (
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
"""Settings that a Service does not show; its deployments or revisions do."""


def service(of: Service) -> Document:
    """A Service, tags included."""
    running, pending = counts(of)
    return _present(
        {
            **{name: value for name, value in of.settings.items() if name not in _SHOWN_ELSEWHERE},
            "serviceArn": of.arn,
            "serviceName": of.name,
            "clusterArn": of.cluster_arn,
            "status": of.status,
            "desiredCount": of.desired_count,
            "runningCount": running,
            "pendingCount": pending,
            "platformFamily": "Linux" if of.launch_type == "FARGATE" else None,
            "taskDefinition": of.task_definition,
            "deploymentConfiguration": of.configuration.document,
            "deployments": [deployment(of, each) for each in of.deployments],
            "events": list(of.events),
            "createdAt": of.created_at,
            "createdBy": of.created_by,
            "roleArn": f"arn:aws:iam::{of.account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "currentServiceDeployment": of.service_deployments[0].arn if of.service_deployments else None,
            "currentServiceRevisions": [_revision_summary(of, each) for each in of.deployments],
            "tags": list(of.tags),
        }
    )


def _revision_summary(of: Service, deployment: Deployment) -> Document:
    running, pending = counts(of, deployment)
    return {
        "arn": deployment.revision.arn,
        "requestedTaskCount": _wanted(of, deployment),
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }


def deployment(of: Service, each: Deployment) -> Document:
    """An entry of a service's deployments."""
    running, pending = counts(of, each)
    revision = each.revision
    return _present(
        {
            "id": each.id,
            "status": each.status,
            "taskDefinition": each.task_definition,
            "desiredCount": _wanted(of, each),
            "pendingCount": pending,
            "runningCount": running,
            "failedTasks": each.failed_tasks,
            "createdAt": each.created_at,
            "updatedAt": each.updated_at,
            "launchType": revision.launch_type,
            "capacityProviderStrategy": of.settings.get("capacityProviderStrategy"),
            "platformVersion": revision.platform_version,
            "platformFamily": "Linux" if revision.launch_type == "FARGATE" else None,
            "networkConfiguration": revision.network_configuration,
            "serviceConnectConfiguration": of.settings.get("serviceConnectConfiguration"),
            "volumeConfigurations": of.settings.get("volumeConfigurations"),
            "vpcLatticeConfigurations": of.settings.get("vpcLatticeConfigurations"),
            "rolloutState": each.rollout_state,
            "rolloutStateReason": each.rollout_reason,
        }
    )


def _wanted(of: Service, each: Deployment) -> int:
    return of.desired_count if each.status is DeploymentStatus.PRIMARY else len(of.live(each))


def service_deployment_brief(of: ServiceDeployment) -> Document:
    """An entry of ListServiceDeployments."""
    return {**_service_deployment(of), "targetServiceRevisionArn": of.target.arn}


def _service_deployment(of: ServiceDeployment) -> Document:
    return _present(
        {
            "serviceDeploymentArn": of.arn,
            "serviceArn": of.service.arn,
            "clusterArn": of.service.cluster_arn,
            "startedAt": of.created_at,
            "createdAt": of.created_at,
            "finishedAt": of.finished_at,
            "status": of.status,
            "statusReason": of.status_reason,
        }
    )


def service_deployment(of: ServiceDeployment) -> Document:
    """An entry of DescribeServiceDeployments."""
    rollback = of.rollback
    return _present(
        {
            **_service_deployment(of),
            "stoppedAt": of.stopped_at,
            "updatedAt": of.updated_at,
            "sourceServiceRevisions": [_source(of.service, revision) for revision in of.sources],
            "targetServiceRevision": _revision_counts(of.target, *of.counts),
            "lifecycleStage": of.lifecycle_stage,
            "deploymentConfiguration": of.configuration.document,
            "deploymentCircuitBreaker": {
                "status": of.breaker_status,
                "failureCount": of.failure_count,
                "threshold": of.breaker_threshold,
            },
            "alarms": {
                "status": of.alarm_status,
                "alarmNames": list(of.configuration.alarms),
                "triggeredAlarmNames": list(of.triggered_alarms),
            },
            "rollback": rollback
            and {
                "reason": rollback.reason,
                "startedAt": rollback.started_at,
                "serviceRevisionArn": rollback.revision_arn,
            },
        }
    )


def _source(of: Service, revision: ServiceRevision) -> Document:
    present = next((each for each in of.deployments if each.revision is revision), None)
    if present is None:
        return _revision_counts(revision, 0, 0, 0)
    return _revision_counts(revision, _wanted(of, present), *counts(of, present))


def _revision_counts(revision: ServiceRevision, requested: int, running: int, pending: int) -> Document:
    return {
        "arn": revision.arn,
        "requestedTaskCount": requested,
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }


def service_revision(of: ServiceRevision) -> Document:
    """An entry of DescribeServiceRevisions."""
    images = [{"containerName": name, "image": image, "imageDigest": of.digests.get(name)} for name, image in of.containers]
    return _present(
        {
            "serviceRevisionArn": of.arn,
            "serviceArn": of.service_arn,
            "clusterArn": of.cluster_arn,
            "taskDefinition": of.task_definition,
            "launchType": of.launch_type,
            "platformVersion": of.platform_version,
            "platformFamily": "Linux",
            "loadBalancers": list(of.load_balancers),
            "networkConfiguration": of.network_configuration,
            "containerImages": [_present(image) for image in images],
            "createdAt": of.created_at,
            "resolvedConfiguration": {"loadBalancers": [_serving(entry) for entry in of.load_balancers]},
        }
    )


def _serving(entry: Mapping[str, Any]) -> Document:
    """Which group serves: a rolling deployment stays in the configured one and leaves the rule's weights alone."""
    advanced = entry.get("advancedConfiguration") or {}
    return _present(
        {
            "targetGroupArn": entry["targetGroupArn"],
            "productionListenerRule": advanced.get("productionListenerRule"),
        }
    )


def task(of: Task) -> Document:
    """A Task, tags included."""
    return _present(
        {
            "taskArn": of.task_arn,
            "taskDefinitionArn": of.definition.arn,
            "clusterArn": of.cluster_arn,
            "group": of.owner.group,
            "startedBy": of.owner.started_by or None,
            "lastStatus": of.status,
            "desiredStatus": of.desired_status,
            "launchType": of.settings.launch_type,
            "platformVersion": of.settings.platform_version,
            "platformFamily": "Linux",
            "enableExecuteCommand": of.settings.enable_execute_command,
            "cpu": of.definition.cpu,
            "memory": of.definition.memory,
            "ephemeralStorage": of.definition.ephemeral_storage or {"sizeInGiB": 20},
            "overrides": _overrides(of),
            "attachments": _attachments(of),
            "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
            "availabilityZone": of.interface.availability_zone if of.interface else None,
            "containers": [_container(of, each) for each in of.containers],
            "connectivity": "CONNECTED" if of.started_at else None,
            "healthStatus": "UNKNOWN",
            **_times(of),
            "stopCode": of.stop_code,
            "stoppedReason": of.stopped_reason,
            "version": of.version,
            "tags": list(of.tags),
        }
    )


def _times(of: Task) -> Document:
    return {
        "connectivityAt": of.started_at,
        "createdAt": of.created_at,
        "pullStartedAt": of.pull_started_at,
        "pullStoppedAt": of.pull_stopped_at,
        "startedAt": of.started_at,
        "stoppingAt": of.stopping_at,
        "executionStoppedAt": of.execution_stopped_at,
        "stoppedAt": of.stopped_at,
    }


def _overrides(of: Task) -> Document:
    return {"containerOverrides": [{"name": c.name} for c in of.containers], **of.settings.overrides}


def _container(of: Task, each: Container) -> Document:
    memory = each.definition.get("memory")
    interface = of.interface
    return _present(
        {
            "containerArn": each.arn,
            "taskArn": of.task_arn,
            "name": each.name,
            "image": each.definition["image"],
            "imageDigest": each.image_digest,
            "runtimeId": each.runtime_id,
            "lastStatus": each.last_status,
            "exitCode": each.exit_code,
            "reason": each.reason,
            "networkBindings": [],
            "networkInterfaces": [{"attachmentId": interface.attachment_id, "privateIpv4Address": interface.ip}]
            if interface
            else [],
            "healthStatus": "UNKNOWN",
            "cpu": str(each.definition.get("cpu", 0)),
            "memory": str(memory) if memory else None,
        }
    )


def _attachments(of: Task) -> list[Document]:
    if of.interface is None:
        return []
    details = {
        "subnetId": of.interface.subnet_id,
        "networkInterfaceId": of.interface.eni_id,
        "macAddress": of.interface.mac_address,
        "privateIPv4Address": of.interface.ip,
    }
    return [
        {
            "id": of.interface.attachment_id,
            "type": "ElasticNetworkInterface",
            "status": "DELETED" if of.status is TaskStatus.STOPPED else "ATTACHED",
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }
    ]


def _present(document: Mapping[str, Any]) -> Document:
    """Without the members that AWS leaves out."""
    return {name: value for name, value in document.items() if value is not None}
