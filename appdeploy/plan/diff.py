"""Compares two task definitions for display: ignores defaults and order, and shows secrets by name only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_IDENTITY = frozenset(
    {
        "taskDefinitionArn",
        "family",
        "revision",
        "status",
        "registeredAt",
        "registeredBy",
        "deregisteredAt",
        "deleteRequestedAt",
        "requiresAttributes",
        "compatibilities",
    }
)
"""Fields that are unique to each revision, or that AWS derives from others."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "containerDefinitions": ("name",),
    "environment": ("name",),
    "environmentFiles": ("value",),
    "secrets": ("name",),
    "secretOptions": ("name",),
    "portMappings": ("containerPort", "protocol"),
    "mountPoints": ("containerPath",),
    "volumesFrom": ("sourceContainer",),
    "dependsOn": ("containerName",),
    "ulimits": ("name",),
    "systemControls": ("namespace",),
    "extraHosts": ("hostname",),
    "resourceRequirements": ("type",),
    "volumes": ("name",),
    "properties": ("name",),
}
"""Lists whose order has no meaning, and the keys of their members."""

_SETS = frozenset({"requiresCompatibilities", "placementConstraints", "add", "drop"})
"""Lists without such keys whose order has no meaning."""

_PLAIN: Mapping[str, str] = {"environment": "value", "secrets": "valueFrom", "secretOptions": "valueFrom"}
"""Lists whose members have only a name and this field."""

# API reference of ECS, ContainerDefinition, HealthCheck, PortMapping, MountPoint, RuntimePlatform.
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "containerDefinitions": {
        "cpu": 0,
        "essential": True,
        "versionConsistency": "enabled",
        "privileged": False,
        "readonlyRootFilesystem": False,
        "interactive": False,
        "pseudoTerminal": False,
        "disableNetworking": False,
    },
    "healthCheck": {"interval": 30, "timeout": 5, "retries": 3},
    "mountPoints": {"readOnly": False},
    "volumesFrom": {"readOnly": False},
    "linuxParameters": {"initProcessEnabled": False},
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
    "portMappings": {"protocol": "tcp"},
}
_NAMED_LIKE_A_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SIGNING)_?KEY)(_|$)", re.IGNORECASE
)
"""Variables that should have been secret references: infra writes none, and if one exists its value is not shown."""

Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One setting that differs."""

    path: str
    """Its path: `containerDefinitions.agent.environment.LOG_LEVEL`."""
    before: str | None
    """None if it is new."""
    after: str | None
    """None if it was removed."""
    secret: bool
    """Whether it is a secret or refers to one: then both texts are placeholders."""


def difference(before: Mapping[str, Any], after: Mapping[str, Any], application: str) -> tuple[Difference, ...]:
    """The settings that differ between two described task definitions, by path.

    The image of the `application` container is ignored: the release sets it.
    """
    old, new = _flat(before), _flat(after)
    image = ("containerDefinitions", application, "image")
    changed = [path for path in sorted({*old, *new}) if path != image and old.get(path) != new.get(path)]
    return tuple(_difference(path, old.get(path), new.get(path)) for path in changed)


def _difference(path: Path, before: str | None, after: str | None) -> Difference:
    secret = _is_secret(path)
    shown = [None if text is None else "(a secret)" if secret else text for text in (before, after)]
    return Difference(".".join(path), shown[0], shown[1], secret)


def _is_secret(path: Path) -> bool:
    # Not anywhere in the path: a container or a variable may be named "secrets".
    inside = path[2:] if path[:1] == ("containerDefinitions",) else ()
    if inside[:1] == ("environment",):
        return any(_NAMED_LIKE_A_SECRET.search(name) for name in inside[1:])
    return inside[:1] == ("secrets",) or inside[:2] == ("logConfiguration", "secretOptions")


def _flat(fields: Mapping[str, Any]) -> dict[Path, str]:
    return dict(_leaves({key: value for key, value in fields.items() if key not in _IDENTITY}, (), ""))


def _leaves(value: Any, path: Path, block: str) -> Iterator[tuple[Path, str]]:
    """The settings in a value. `block` is its kind of block, for the defaults."""
    if isinstance(value, Mapping):
        defaults = _DEFAULTS.get(block, {})
        for key, inner in value.items():
            if key not in defaults or defaults[key] != inner:
                yield from _leaves(inner, (*path, key), key)
    elif isinstance(value, list) and block in _KEYS:
        for member in value:
            yield from _member(member, path, block)
    elif isinstance(value, list) and value:
        texts = [json.dumps(item, sort_keys=True, default=str) for item in value]
        yield path, ", ".join(sorted(texts) if block in _SETS else texts)
    elif value not in (None, "", []):
        yield path, str(value)


def _member(member: Mapping[str, Any], path: Path, block: str) -> Iterator[tuple[Path, str]]:
    keys = _KEYS[block]
    where = (*path, "/".join(str(member.get(key, _DEFAULTS.get(block, {}).get(key, ""))) for key in keys))
    if block in _PLAIN:
        yield where, str(member.get(_PLAIN[block], ""))
        return
    yield where, "present"
    # With network mode awsvpc, the only one used, both ports are equal, even if one is not set.
    own = {**{key: member.get(key) for key in keys}, "hostPort": member.get("containerPort")}
    rest = {key: value for key, value in member.items() if key not in own or value != own[key]}
    yield from _leaves(rest, where, block)
