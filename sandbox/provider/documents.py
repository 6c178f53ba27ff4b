"""JSON texts that say the same: each kind as the official provider compares it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Document = Callable[[str], Any]
"""Brings a text into a form that is equal for texts that say the same. Raises ValueError for a text that is not JSON."""


def policy(text: str) -> Any:
    """IAM and resource policies: no list has an order, one item is as good as a list of it, `true` as "true" (the module
    awspolicyequivalence, which the official provider uses)."""
    return _policy(json.loads(text))


def _policy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _policy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        items = sorted((_policy(item) for item in value), key=_text)
        return items[0] if len(items) == 1 else items
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def structure(text: str) -> Any:
    """JSON of which only spacing and the order of names do not count."""
    return json.loads(text)


def lifecycle(text: str) -> Any:
    """Rules of a repository, in the order of their priorities (internal/service/ecr, lifecycle policy's normalisation)."""
    rules = json.loads(text)
    return {**rules, "rules": sorted(rules.get("rules", []), key=lambda rule: rule.get("rulePriority", 0))}


def containers(text: str) -> Any:
    """Container definitions (internal/service/ecs, containerDefinitionsAreEquivalent): containers, variables and secrets go by
    name, what is empty or AWS's default is left out; the order of a command counts."""
    return sorted((_container(item) for item in json.loads(text)), key=lambda item: str(item.get("name")))


_NAMED = ("environment", "secrets")
_DEFAULTS = {"essential": True, "protocol": "tcp"}


def _container(value: Any) -> Any:
    if isinstance(value, list):
        return [_container(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: _container(inner)
        for name, inner in value.items()
        if inner not in (None, "", 0, [], {}) or (isinstance(inner, bool) and name in _DEFAULTS)
    }
    found = {name: inner for name, inner in found.items() if _DEFAULTS.get(name) != inner}
    if found.get("hostPort") == found.get("containerPort"):
        found.pop("hostPort", None)
    return {name: sorted(inner, key=_text) if name in _NAMED else inner for name, inner in found.items()}


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
