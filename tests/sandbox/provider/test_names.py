"""The provider's property names are those of the SDK that the program is written with."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi_aws
import pytest

from sandbox.provider.resource import ResourceType
from sandbox.provider.shape import NAME
from sandbox.provider.types import RESOURCE_TYPES


def sdk_arguments(token: str) -> tuple[type, Any]:
    """The SDK's arguments class of a type, and the module that holds the classes of its nested properties.

    Reached through the package's attributes, as programs do: its packages load lazily, and importing their modules by
    name leaves them half loaded for everybody else in the process.
    """
    package, rest = token.removeprefix("aws:").split("/")
    name = rest.split(":")[1]
    resource = getattr(getattr(pulumi_aws, package), name)
    module = sys.modules[resource.__module__]
    # InitArgs where the shorter name was taken by a property of another type.
    arguments = getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")
    return arguments, sys.modules[f"{resource.__module__.rsplit('.', 1)[0]}._inputs"]


def properties(arguments: type) -> dict[str, Any]:
    """Names on the wire of an SDK arguments class, with the annotation of each."""
    found = {}
    for member in vars(arguments).values():
        if isinstance(member, property) and member.fget is not None:
            found[member.fget._pulumi_name] = inspect.signature(member.fget).return_annotation
    return found


def unknown(spec: dict[str, Any], arguments: type, inputs: Any, path: str = "") -> Iterator[str]:
    known = properties(arguments)
    for name, inner in spec.items():
        if name not in known:
            yield f"{path}{name}"
        elif isinstance(inner, Mapping):
            nested = re.search(r"'(\w+Args)'", str(known[name]))
            assert nested, f"{path}{name} has properties of its own here and none in the SDK: {known[name]}"
            yield from unknown(inner, getattr(inputs, nested.group(1)), inputs, f"{path}{name}.")


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_every_input_exists_in_the_sdk(kind: ResourceType) -> None:
    arguments, inputs = sdk_arguments(kind.token)
    assert list(unknown(dict(kind.inputs), arguments, inputs)) == []


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_one_input_at_most_is_made_from_the_logical_name(kind: ResourceType) -> None:
    assert list(kind.inputs.values()).count(NAME) <= 1


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_types_with_tags_in_the_sdk_have_them_here(kind: ResourceType) -> None:
    arguments, _ = sdk_arguments(kind.token)
    assert ("tags" in properties(arguments)) == (kind.tagger is not None)
