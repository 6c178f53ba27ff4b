"""What ECS refuses when a service is created or updated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.elbv2.models import elbv2_backends

from sandbox.emulator.ecs import errors, network
from sandbox.emulator.ecs.configuration import DeploymentConfiguration
from sandbox.emulator.elb.routing import groups_in_use, load_balancers, target_group


def network_fits(backend: Any, definition: Any, sent: Mapping[str, Any] | None) -> None:
    """A task definition in awsvpc mode needs a network configuration whose subnets and groups exist."""
    if definition.network_mode == "awsvpc" and not sent:
        raise errors.no_network_configuration()
    if sent:
        network.check(backend.account_id, backend.region_name, sent)


def load_balancers_fit(definition: Any, entries: Sequence[Mapping[str, Any]]) -> None:
    """Every entry names a target group that a load balancer uses and a container port that exists."""
    for entry in entries:
        _group_fits(definition, entry.get("targetGroupArn"))
        _container_fits(definition, entry)
        advanced = entry.get("advancedConfiguration")
        if advanced:
            _group_fits(definition, advanced.get("alternateTargetGroupArn"))
            _rule_exists(advanced.get("productionListenerRule"))
            if not advanced.get("roleArn"):
                raise errors.invalid_parameter("advancedConfiguration must specify roleArn.")


def can_deploy(configuration: DeploymentConfiguration, launch_type: str | None) -> None:
    """Refuse a deployment that the scheduler cannot carry out as AWS would."""
    missing = configuration.beyond_the_scheduler()
    if missing:
        raise errors.not_emulated(f"a deployment with {missing}")
    can_launch(launch_type)


def can_launch(launch_type: str | None) -> None:
    """Refuse tasks on container instances: there is nothing here to place them on. None means capacity providers."""
    if launch_type not in (None, "FARGATE"):
        raise errors.not_emulated(f"tasks of launch type {launch_type}")


def _group_fits(definition: Any, arn: str | None) -> None:
    group = target_group(arn) if arn and arn.count(":") >= 5 else None
    if group is None:
        raise errors.invalid_parameter(f"The target group {arn} does not exist.")
    if definition.network_mode == "awsvpc" and group.target_type != "ip":
        raise errors.invalid_parameter(
            f"The provided target group {arn} has target type {group.target_type}, which is incompatible with the "
            "awsvpc network mode specified in the task definition."
        )
    if not any(arn in groups_in_use(balancer) for balancer in load_balancers()):
        raise errors.invalid_parameter(f"The target group with targetGroupArn {arn} does not have an associated load balancer.")


def _container_fits(definition: Any, entry: Mapping[str, Any]) -> None:
    name, port = entry.get("containerName"), entry.get("containerPort")
    container = next((c for c in definition.container_definitions if c["name"] == name), None)
    if container is None:
        raise errors.invalid_parameter(f"The container {name} does not exist in the task definition.")
    if port not in [mapping.get("containerPort") for mapping in container.get("portMappings", [])]:
        raise errors.invalid_parameter(f"The container {name} did not have a container port {port} defined.")


def _rule_exists(arn: str | None) -> None:
    if arn:
        _, _, _, region, account, _ = arn.split(":", 5)
        for balancer in elbv2_backends[account][region].load_balancers.values():
            if any(rule.arn == arn for listener in balancer.listeners.values() for rule in listener.rules.values()):
                return
    raise errors.invalid_parameter(f"The listener rule {arn} does not exist.")
