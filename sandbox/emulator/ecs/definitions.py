"""Task definitions: what RegisterTaskDefinition refuses, and the defaults that AWS fills in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.emulator.ecs import errors

_FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}")
_UNITS = {"cpu": ("vcpu", 1024), "memory": ("gb", 1024)}
# Memory in MiB that Fargate offers for each CPU size (DG/task_definition_parameters.html, "Task size").
_FARGATE: Mapping[int, frozenset[int]] = {
    256: frozenset({512, 1024, 2048}),
    512: frozenset(range(1024, 4096 + 1, 1024)),
    1024: frozenset(range(2048, 8192 + 1, 1024)),
    2048: frozenset(range(4096, 16384 + 1, 1024)),
    4096: frozenset(range(8192, 30720 + 1, 1024)),
    8192: frozenset(range(16384, 61440 + 1, 4096)),
    16384: frozenset(range(32768, 122880 + 1, 8192)),
}


def check(sent: Mapping[str, Any]) -> None:
    """Raise ECS's ClientException for a task definition that it would not register."""
    if not _FAMILY.fullmatch(sent.get("family") or ""):
        raise errors.client_error("Family contains invalid characters or is longer than 255 characters.")
    containers = sent.get("containerDefinitions") or []
    if not containers:
        raise errors.client_error("Container definitions should not be null or empty.")
    names = [container.get("name") for container in containers]
    for name in names:
        if names.count(name) > 1:
            raise errors.client_error(f"Container name {name} is used more than once in the task definition.")
    if not any(container.get("essential", True) for container in containers):
        raise errors.client_error("At least one container must be marked essential.")
    if "FARGATE" in (sent.get("requiresCompatibilities") or []):
        _check_fargate(sent)


def _check_fargate(sent: Mapping[str, Any]) -> None:
    if sent.get("networkMode") != "awsvpc":
        raise errors.client_error("Fargate only supports network mode 'awsvpc'.")
    cpu, memory = _amount("cpu", sent.get("cpu")), _amount("memory", sent.get("memory"))
    if memory not in _FARGATE.get(cpu, frozenset()):
        raise errors.client_error(
            "No Fargate configuration exists for given values: "
            f"{cpu} CPU, {memory} memory. See the Amazon ECS documentation for the valid values."
        )
    if sent.get("executionRoleArn"):
        return
    for container in sent["containerDefinitions"]:
        if ".dkr.ecr." in container.get("image", ""):
            raise errors.client_error("Fargate requires task definition to have execution role ARN to support ECR images.")
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            raise errors.client_error(
                "Fargate requires task definition to have execution role ARN to support log driver awslogs."
            )


def _amount(kind: str, text: str | None) -> int:
    """CPU units or MiB of `256`, `.25 vCPU` or `1 GB`."""
    unit, factor = _UNITS[kind]
    compact = (text or "").lower().replace(" ", "")
    try:
        return int(float(compact.removesuffix(unit)) * factor) if compact.endswith(unit) else int(compact)
    except ValueError:
        raise errors.client_error(f"Invalid '{kind}' setting for task.") from None


def fill_in(sent: Mapping[str, Any], definition: Any) -> None:
    """Give moto's task definition the defaults that AWS returns and moto lacks."""
    for container in definition.container_definitions:
        container.setdefault("systemControls", [])
        container["portMappings"] = [_port_mapping(m, definition.network_mode) for m in container["portMappings"]]
    for name in ("cpu", "memory"):
        if sent.get(name):
            setattr(definition, name, str(_amount(name, sent[name])))
    if sent.get("enableFaultInjection") is not None:
        definition.enable_fault_injection = sent["enableFaultInjection"]


def _port_mapping(sent: Mapping[str, Any], network_mode: str) -> dict[str, Any]:
    host_port = sent["containerPort"] if network_mode in ("awsvpc", "host") else 0
    return {"hostPort": host_port, "protocol": "tcp", **sent}
