"""Checks of services, their templates, target groups and listener rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.core.names import Names
from infra.policy_checks.model import (
    Finding,
    PolicyCheck,
    Resource,
    Stack,
    document,
    ignores_changes,
    must_be,
    protected,
    value_at,
)
from infra.service.settings import FARGATE_MEMORY, SECRET_WORDS

_SERVICE = "aws:ecs/service:Service"
_TEMPLATE = "aws:ecs/taskDefinition:TaskDefinition"
_TARGETS = "aws:lb/targetGroup:TargetGroup"
_LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"
_NAME_LENGTH = 32 - 8
"""AWS takes 32 characters and the provider appends 8
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html)."""


def containers(resource: Resource) -> Iterator[dict[str, Any]]:
    """The containers of a task definition; none while they are unknown."""
    yield from document(resource.inputs.get("containerDefinitions")) or ()


def _no_plain_secret(resource: Resource, stack: Stack) -> Finding:
    names = [item["name"] for container in containers(resource) for item in container.get("environment", [])]
    exposed = [name for name in names if any(word in name for word in SECRET_WORDS)]
    return f"has {', '.join(exposed)} among its plain variables" if exposed else None


def _has_log_group(resource: Resource, stack: Stack) -> Finding:
    groups = {item.inputs.get("name") for item in stack.of("aws:cloudwatch/logGroup:LogGroup")}
    for container in containers(resource):
        group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
        if group is None:
            return f"has no log for {container['name']}"
        if group not in groups:
            return f"logs {container['name']} to {group}, which is not declared"
    return None


def _no_root(resource: Resource, stack: Stack) -> Finding:
    as_root = [item["name"] for item in containers(resource) if item.get("user", "root") in ("root", "0")]
    privileged = [item["name"] for item in containers(resource) if item.get("privileged")]
    return f"runs {', '.join(as_root + privileged)} as root" if as_root or privileged else None


def _no_released_image(resource: Resource, stack: Stack) -> Finding:
    released = [
        item["image"] for item in containers(resource) if not _placeholder(item) and resource.name.endswith("-template")
    ]
    return f"names the image {', '.join(released)}" if released else None


def _variables_once(resource: Resource, stack: Stack) -> Finding:
    for container in containers(resource):
        counted = Counter(item["name"] for key in ("environment", "secrets") for item in container.get(key, ()))
        twice = sorted(name for name, times in counted.items() if times > 1)
        if twice:
            return f"gives {container['name']} more than one {', '.join(twice)}"
    return None


def _placeholder(container: dict[str, Any]) -> bool:
    return str(container.get("image", "")).endswith(":unreleased")


def _fargate_size(resource: Resource, stack: Stack) -> Finding:
    cpu, memory = int(resource.inputs["cpu"]), int(resource.inputs["memory"])
    return None if memory in FARGATE_MEMORY.get(cpu, ()) else f"has cpu {cpu} and memory {memory}, which Fargate does not offer"


def _starts_empty(resource: Resource, stack: Stack) -> Finding:
    wanted = resource.inputs.get("desiredCount")
    return None if wanted == 0 else f"starts {wanted} tasks of an image that does not exist"


def _has_circuit_breaker(resource: Resource, stack: Stack) -> Finding:
    breaker: dict[str, Any] = resource.inputs.get("deploymentCircuitBreaker") or {}
    return None if breaker.get("enable") and breaker.get("rollback") else "has no circuit breaker with rollback"


def _has_two_target_groups(resource: Resource, stack: Stack) -> Finding:
    for balancer in resource.inputs.get("loadBalancers") or ():
        advanced: dict[str, Any] = balancer.get("advancedConfiguration") or {}
        if not advanced.get("alternateTargetGroupArn") or not advanced.get("productionListenerRule"):
            return "has a load balancer without a second target group"
    return None


def _no_public_ip(resource: Resource, stack: Stack) -> Finding:
    given = value_at(resource, "networkConfiguration.assignPublicIp")
    return None if given is False else "may give its tasks public addresses"


def _drains_long_enough(resource: Resource, stack: Stack) -> Finding:
    """At least as long as the stop timeout of the service's container."""
    delay, names, ending = resource.inputs.get("deregistrationDelay"), Names(stack.environment), resource.name[-2:]
    stops = [
        container.get("stopTimeout", 30)
        for template in stack.of(_TEMPLATE)
        for container in containers(template)
        if names.stem(container["name"], ending) == resource.name
    ]
    longest = max(stops, default=0)
    return f"drains for {delay} s, and a task may take {longest} s to stop" if delay is not None and delay < longest else None


def _frequent_checks(resource: Resource, stack: Stack) -> Finding:
    interval = value_at(resource, "healthCheck.interval")
    return None if interval is not None and interval <= 10 else f"is checked every {interval} s"


def _short_name(resource: Resource, stack: Stack) -> Finding:
    return None if len(resource.name) <= _NAME_LENGTH else f"has a name of {len(resource.name)} characters, over {_NAME_LENGTH}"


def _both_groups(resource: Resource, stack: Stack) -> Finding:
    for action in resource.inputs.get("actions") or ():
        forward: dict[str, Any] = action.get("forward") or {}
        if action.get("type") == "forward" and len(forward.get("targetGroups") or ()) != 2:
            return "forwards to one target group: ECS could not shift its weights"
    return None


def _no_spot(resource: Resource, stack: Stack) -> Finding:
    spot = [
        item for item in resource.inputs.get("capacityProviderStrategies") or () if item["capacityProvider"] == "FARGATE_SPOT"
    ]
    return "runs on Fargate Spot" if stack.is_production and spot else None


def _no_forced_deployment(resource: Resource, stack: Stack) -> Finding:
    return "starts a deployment with every change" if resource.inputs.get("forceNewDeployment") else None


CHECKS = (
    PolicyCheck("tasks-no-public-ip", "ECS.2", _SERVICE, _no_public_ip),
    ignores_changes(
        "services-ignore-releases",
        "an update of the infrastructure deployed the old image",
        _SERVICE,
        "taskDefinition",
        "desiredCount",
    ),
    PolicyCheck("services-not-redeployed", "a longer grace period restarted every task", _SERVICE, _no_forced_deployment),
    ignores_changes(
        "scalable-targets-left-alone",
        "a changed maximum lifted a hold and set the minimum to 0",
        "aws:appautoscaling/target:Target",
        "minCapacity",
        "maxCapacity",
        "suspendedState",
    ),
    PolicyCheck("services-start-empty", "a placeholder was reported healthy", _SERVICE, _starts_empty),
    PolicyCheck("services-circuit-breaker", "a crashing image was restarted all night", _SERVICE, _has_circuit_breaker),
    PolicyCheck("services-two-target-groups", "a service had to be replaced to get a canary", _SERVICE, _has_two_target_groups),
    must_be(
        "services-no-steady-state-wait", "an update hung for 20 minutes on an image", _SERVICE, "waitForSteadyState", False
    ),
    PolicyCheck("services-no-spot", "AWS stopped Spot tasks in the middle of requests", _SERVICE, _no_spot),
    protected("services-protected", "a renamed component took the service down", _SERVICE),
    PolicyCheck("tasks-no-secret-variables", "ECS.8", _TEMPLATE, _no_plain_secret),
    PolicyCheck("tasks-variables-once", "ECS rejected a template half-way through an update", _TEMPLATE, _variables_once),
    PolicyCheck("tasks-logged", "ECS.9", _TEMPLATE, _has_log_group),
    PolicyCheck("tasks-not-root", "ECS.20", _TEMPLATE, _no_root),
    PolicyCheck("templates-no-image", "a placeholder was reported healthy", _TEMPLATE, _no_released_image),
    PolicyCheck("tasks-fit-fargate", "ECS rejected a template half-way through an update", _TEMPLATE, _fargate_size),
    must_be("templates-skip-destroy", "a rollback found its template deregistered", _TEMPLATE, "skipDestroy", True),
    must_be(
        "templates-no-track-latest", "a refresh mistook the running revision for the template", _TEMPLATE, "trackLatest", False
    ),
    must_be(
        "cluster-insights", "ECS.12", "aws:ecs/cluster:Cluster", "settings", [{"name": "containerInsights", "value": "enabled"}]
    ),
    PolicyCheck("targets-drain", "long requests were cut at each release", _TARGETS, _drains_long_enough),
    PolicyCheck("targets-checked-often", "a new task waited 30 s for its first check", _TARGETS, _frequent_checks),
    PolicyCheck(
        "targets-short-names", "AWS rejected a name of 35 characters half-way through an update", _TARGETS, _short_name
    ),
    PolicyCheck(
        "listener-rules-two-target-groups", "a service had to be replaced to get a canary", _LISTENER_RULE, _both_groups
    ),
    ignores_changes(
        "listener-rules-ignore-weights",
        "an update of the infrastructure reset the weights in the middle of a canary",
        _LISTENER_RULE,
        "actions",
    ),
)
