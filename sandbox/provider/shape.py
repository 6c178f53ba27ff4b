"""Comparing what a program asked for with what is there.

AWS answers with more than it was told (defaults, other orders, other spacing of JSON). A refresh must show a difference
where somebody changed something, and nowhere else, so live values are brought into the shape of what was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

LEAF = None
"""Marks a property without properties of its own in a resource type's `inputs`."""
FIXED = "fixed"
"""The same of one of which a change makes a new resource."""
NAME = "name"
"""FIXED, and made from the resource's logical name when the program leaves it out."""

Spec = Mapping[str, Any]
"""Property names of a resource type: LEAF, FIXED, NAME, or the names inside (of an object, or of each object of a list)."""


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
    if isinstance(asked, str) and isinstance(live, str) and _same_document(asked, live):
        return asked
    return live


def _list_in_shape_of(asked: list[Any], live: list[Any]) -> list[Any]:
    if len(asked) == len(live):
        shaped = [in_shape_of(left, right) for left, right in zip(asked, live, strict=True)]
        if shaped != asked and sorted(map(_key, asked)) == sorted(map(_key, live)):
            return asked
        return shaped
    return live


def _same_document(asked: str, live: str) -> bool:
    """True for two JSON documents of which the live one says all that was asked for."""
    if not asked.lstrip().startswith(("{", "[")):
        return False
    try:
        left, right = json.loads(asked), json.loads(live)
    except ValueError:
        return False
    return bool(in_shape_of(left, right) == left)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
