"""Comparing what a program asked for with what is there.

AWS answers with more than it was told (defaults, other orders). A refresh must show a difference where somebody changed
something, and nowhere else, so live values are brought into the shape of what was asked for. JSON texts: `documents`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LEAF = None
"""Marks a property without properties of its own in a resource type's `inputs`."""

Spec = Mapping[str, Any]
"""Property names of a resource type: LEAF, or the names inside (of an object, or of each object of a list)."""


def unknown_names(properties: Mapping[str, Any], spec: Spec, path: str = "") -> Iterator[str]:
    """Dotted names of properties that the specification lacks."""
    for name, value in properties.items():
        here = f"{path}{name}"
        if name not in spec:
            yield here
        elif isinstance(spec[name], Mapping):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    yield from unknown_names(item, spec[name], f"{here}.")


def in_shape_of(asked: Any, live: Any) -> Any:
    """The live value with only the parts that were asked about, in the order in which they were asked for."""
    if isinstance(asked, dict) and isinstance(live, dict):
        return {key: in_shape_of(value, live[key]) for key, value in asked.items() if key in live}
    if isinstance(asked, list) and isinstance(live, list):
        return _list_in_shape_of(asked, live)
    return live


def _list_in_shape_of(asked: list[Any], live: list[Any]) -> list[Any]:
    """Lists of a resource are sets: each item that is still there keeps the place in which it was asked for."""
    left = list(live)
    shaped: list[Any] = [_MISSING] * len(asked)
    for index, item in enumerate(asked):
        place = next((at for at, other in enumerate(left) if in_shape_of(item, other) == item), None)
        if place is not None:
            shaped[index] = item
            del left[place]
    if len(asked) != len(live):
        return live
    return [in_shape_of(item, left.pop(0)) if found is _MISSING else found for item, found in zip(asked, shaped, strict=True)]


_MISSING = object()
