"""The provider's property names are those of the SDK that the program is written with."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi_aws
import pytest

from sandbox.provider.facts import FACTS, Sent
from sandbox.provider.resource import ResourceType
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
def test_what_is_said_of_the_official_provider_names_inputs_of_the_type(kind: ResourceType) -> None:
    facts = kind.facts
    named = {facts.auto_name} - {None}
    sdk = properties(sdk_arguments(kind.token)[0])
    assert (facts.replaces | facts.documents.keys() | kind.unchangeable | named) - kind.inputs.keys() == set()
    assert facts.computed - sdk.keys() == set()
    assert named <= facts.replaces or kind.unchangeable >= named


def test_facts_and_types_are_the_same_tokens() -> None:
    assert set(FACTS) == set(RESOURCE_TYPES)


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_a_type_updates_as_its_facts_say(kind: ResourceType) -> None:
    """What is not updated has no update; what is has one, or the emulator cannot change any of it."""
    has_one = type(kind).update is not ResourceType.update
    if kind.facts.update is Sent.NOTHING:
        assert not has_one
    elif not has_one:
        assert kind.inputs.keys() - kind.facts.replaces <= kind.unchangeable


NAMED_FIRST = """
ecs/cluster ecs/service iam/role iam/policy iam/rolePolicy cloudwatch/logGroup cloudwatch/logMetricFilter
cloudwatch/metricAlarm cloudwatch/eventRule cloudwatch/eventTarget sns/topic ssm/parameter secretsmanager/secret
dynamodb/table rds/instance rds/parameterGroup rds/subnetGroup elasticache/replicationGroup elasticache/subnetGroup
ecr/repository wafv2/webAcl s3/bucket kms/alias scheduler/schedule appautoscaling/policy lb/targetGroup lb/loadBalancer
ec2/securityGroup
"""


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_these_types_are_deleted_before_they_are_replaced(kind: ResourceType) -> None:
    """With a name of the program's own, or always; all others are made first."""
    short = kind.token.removeprefix("aws:").rsplit(":", 1)[0]
    assert (kind.facts.auto_name is not None) == (short in NAMED_FIRST.split())
    assert kind.facts.always_delete_first == (short in {"iam/rolePolicyAttachment", "ecr/lifecyclePolicy"})


@pytest.mark.parametrize("kind", RESOURCE_TYPES.values(), ids=lambda kind: kind.token)
def test_types_with_tags_in_the_sdk_have_them_here(kind: ResourceType) -> None:
    arguments, _ = sdk_arguments(kind.token)
    assert ("tags" in properties(arguments)) == (kind.tagger is not None)
