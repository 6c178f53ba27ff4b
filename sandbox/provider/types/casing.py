"""Property names that differ from the API's in their first letter alone."""

from __future__ import annotations

from typing import Any


def raised(value: Any) -> Any:
    """Names of a Pulumi type as most of AWS's APIs write them, through objects and lists."""
    return _renamed(value, str.upper)


def lowered(value: Any) -> Any:
    """Names of such an API as Pulumi types write them."""
    return _renamed(value, str.lower)


def _renamed(value: Any, first: Any) -> Any:
    if isinstance(value, dict):
        return {first(name[0]) + name[1:]: _renamed(item, first) for name, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, first) for item in value]
    return value
