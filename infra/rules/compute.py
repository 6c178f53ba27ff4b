"""Rules about what runs: services, their templates, target groups and load-balancer rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from infra.naming import Names
from infra.rules.model import Finding, Resource, Rule, Stack, document, left_alone, must_be, protected, value_at
from infra.service_settings import FARGATE_MEMORY, SECRET_WORDS

_SERVICE = "aws:ecs/service:Service"
_TEMPLATE = "aws:ecs/taskDefinition:TaskDefinition"
_TARGETS = "aws:lb/targetGroup:TargetGroup"
_ROUTE = "aws:lb/listenerRule:ListenerRule"
_NAME_LENGTH = 32 - 8
"""AWS takes 32 characters and the provider appends 8
(docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html)."""


def containers(resource: Resource) -> Iterator[dict[str, Any]]:
    """The containers of a task definition; none while they are not known."""
    yield from document(resource.inputs.get("containerDefinitions")) or ()


def _no_secret_in_the_open(resource: Resource, stack: Stack) -> Finding:
    names = [item["name"] for container in containers(resource) for item in container.get("environment", [])]
    open_ones = [name for name in names if any(word in name for word in SECRET_WORDS)]
    return f"has {', '.join(open_ones)} among its plain variables" if open_ones else None


def _logs_kept(resource: Resource, stack: Stack) -> Finding:
    groups = {item.inputs.get("name") for item in stack.of("aws:cloudwatch/logGroup:LogGroup")}
    for container in containers(resource):
        group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group")
        if group is None:
            return f"has no log for {container['name']}"
        if group not in groups:
            return f"logs {container['name']} to {group}, which is not declared"
    return None


def _ordinary_user(resource: Resource, stack: Stack) -> Finding:
    rooted = [item["name"] for item in containers(resource) if item.get("user", "root") in ("root", "0")]
    privileged = [item["name"] for item in containers(resource) if item.get("privileged")]
    return f"runs {', '.join(rooted + privileged)} as root" if rooted or privileged else None


def _claims_nothing(resource: Resource, stack: Stack) -> Finding:
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


def _goes_back(resource: Resource, stack: Stack) -> Finding:
    breaker = resource.inputs.get("deploymentCircuitBreaker") or {}
    return None if breaker.get("enable") and breaker.get("rollback") else "has no circuit breaker that rolls back"


def _ready_for_shifting(resource: Resource, stack: Stack) -> Finding:
    for balancer in resource.inputs.get("loadBalancers") or ():
        advanced = balancer.get("advancedConfiguration") or {}
        if not advanced.get("alternateTargetGroupArn") or not advanced.get("productionListenerRule"):
            return "has a load balancer without a second target group"
    return None


def _in_private(resource: Resource, stack: Stack) -> Finding:
    given = value_at(resource, "networkConfiguration.assignPublicIp")
    return None if given is False else "may give its tasks public addresses"


def _drains(resource: Resource, stack: Stack) -> Finding:
    """Longer than the service's container may take to stop."""
    delay, names, ending = resource.inputs.get("deregistrationDelay"), Names(stack.environment), resource.name[-2:]
    stops = [
        container.get("stopTimeout", 30)
        for template in stack.of(_TEMPLATE)
        for container in containers(template)
        if names.stem(container["name"], ending) == resource.name
    ]
    longest = max(stops, default=0)
    return f"drains for {delay} s, and a task takes {longest} s to stop" if delay is not None and delay < longest else None


def _shallow(resource: Resource, stack: Stack) -> Finding:
    interval = value_at(resource, "healthCheck.interval")
    return None if interval is not None and interval <= 10 else f"is checked every {interval} s"


def _short_name(resource: Resource, stack: Stack) -> Finding:
    return None if len(resource.name) <= _NAME_LENGTH else f"has a name of {len(resource.name)} characters, over {_NAME_LENGTH}"


def _both_groups(resource: Resource, stack: Stack) -> Finding:
    for action in resource.inputs.get("actions") or ():
        if action.get("type") == "forward" and len((action.get("forward") or {}).get("targetGroups") or ()) != 2:
            return "forwards to one target group: ECS could not shift its weights"
    return None


def _on_demand(resource: Resource, stack: Stack) -> Finding:
    spot = [
        item for item in resource.inputs.get("capacityProviderStrategies") or () if item["capacityProvider"] == "FARGATE_SPOT"
    ]
    return "runs on spare capacity" if stack.is_production and spot else None


RULES = (
    Rule("tasks-in-private", "ECS.2", _SERVICE, _in_private),
    left_alone(
        "releases-stay", "an update of the infrastructure put the old image back", _SERVICE, "taskDefinition", "desiredCount"
    ),
    Rule("services-start-empty", "a placeholder claimed to be healthy", _SERVICE, _starts_empty),
    Rule("services-go-back", "a crashing image was restarted all night", _SERVICE, _goes_back),
    Rule("services-can-shift", "a service had to be replaced to get a canary", _SERVICE, _ready_for_shifting),
    must_be("services-not-waited-for", "an update hung for 20 minutes on an image", _SERVICE, "waitForSteadyState", False),
    Rule("services-on-demand", "AWS took the tasks of customers back in the middle of their requests", _SERVICE, _on_demand),
    protected("services-protected", "a renamed component took the service down", _SERVICE),
    Rule("tasks-no-secret-variables", "ECS.8", _TEMPLATE, _no_secret_in_the_open),
    Rule("tasks-variables-once", "ECS refused a template after half of an update", _TEMPLATE, _variables_once),
    Rule("tasks-logged", "ECS.9", _TEMPLATE, _logs_kept),
    Rule("tasks-not-root", "ECS.20", _TEMPLATE, _ordinary_user),
    Rule("templates-claim-no-image", "a placeholder claimed to be healthy", _TEMPLATE, _claims_nothing),
    Rule("tasks-fit-fargate", "ECS refused a template after half of an update", _TEMPLATE, _fargate_size),
    must_be("templates-stay", "a rollback found its template deregistered", _TEMPLATE, "skipDestroy", True),
    must_be("templates-tracked-by-arn", "a refresh took what runs for the template", _TEMPLATE, "trackLatest", False),
    must_be(
        "cluster-insights", "ECS.12", "aws:ecs/cluster:Cluster", "settings", [{"name": "containerInsights", "value": "enabled"}]
    ),
    Rule("targets-drain", "long requests were cut at each release", _TARGETS, _drains),
    Rule("targets-checked-often", "a new task waited 30 s for its first check", _TARGETS, _shallow),
    Rule("targets-short-names", "AWS refused a name of 35 characters after half of an update", _TARGETS, _short_name),
    Rule("routes-hold-both-groups", "a service had to be replaced to get a canary", _ROUTE, _both_groups),
    left_alone(
        "weights-stay", "an update of the infrastructure moved traffic back in the middle of a canary", _ROUTE, "actions"
    ),
)
