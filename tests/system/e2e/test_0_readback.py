"""Every value that the program set is what boto3's calls tell: neither Pulumi's state nor the provider is asked.

It comes first in the story: no release has changed what the program leaves to others.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.engine_commands import PREVIEW_ROLE, Sandbox
from tests.system.e2e.drift import looking_for_drift
from tests.system.e2e.readers import READERS, Client, clients, differences

pytestmark = pytest.mark.engine

Resource = Mapping[str, Any]

WRITE_ONLY = "reported once and never read back"
PROVIDERS = "tells the provider how to act; AWS has no such setting"
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("aws:elasticache/replicationGroup:ReplicationGroup", "authToken"): WRITE_ONLY,
    (
        "aws:secretsmanager/secretVersion:SecretVersion",
        "secretString",
    ): f"a secret is not read in a test; {WRITE_ONLY} in state",
    ("aws:secretsmanager/secret:Secret", "recoveryWindowInDays"): PROVIDERS,
    ("aws:ecr/repository:Repository", "forceDelete"): PROVIDERS,
    ("aws:s3/bucket:Bucket", "forceDestroy"): PROVIDERS,
    ("aws:route53/record:Record", "allowOverwrite"): PROVIDERS,
    ("aws:rds/instance:Instance", "skipFinalSnapshot"): PROVIDERS,
    ("aws:rds/instance:Instance", "deleteAutomatedBackups"): PROVIDERS,
    ("aws:rds/instance:Instance", "applyImmediately"): PROVIDERS,
    ("aws:elasticache/replicationGroup:ReplicationGroup", "applyImmediately"): PROVIDERS,
    ("aws:ecs/taskDefinition:TaskDefinition", "skipDestroy"): PROVIDERS,
    ("aws:ecs/taskDefinition:TaskDefinition", "trackLatest"): PROVIDERS,
    ("aws:ecs/service:Service", "waitForSteadyState"): PROVIDERS,
    ("aws:rds/instance:Instance", "performanceInsightsEnabled"): "moto keeps nothing of Performance Insights",
    ("aws:rds/instance:Instance", "performanceInsightsRetentionPeriod"): "moto keeps nothing of Performance Insights",
}
"""Inputs that no call tells: type and name, and why."""


@pytest.fixture(scope="module")
def resources(staging: Sandbox) -> list[Resource]:
    """Every resource on AWS that the stack has, with what the program set."""
    exported = json.loads(staging.pulumi("stack", "export").expect(0).out)
    return [each for each in exported["deployment"]["resources"] if each["type"].startswith("aws:") and each["custom"]]


@pytest.fixture(scope="module")
def client(staging: Sandbox) -> Client:
    return clients(staging.shell())


def compared(client: Client, resource: Resource) -> Iterator[tuple[str, str]]:
    """The inputs of a resource that differ on AWS, and how."""
    kind = resource["type"]
    live = dict(READERS[kind](client, resource["id"], resource["inputs"]))
    live["tags"] = live.get("tagsAll")
    for name, asked in resource["inputs"].items():
        if name.startswith("__") or (kind, name) in EXCEPTIONS:
            continue
        yield from ((name, found) for found in differences(asked, live.get(name), name))


def test_a_new_stack_shows_no_difference(staging: Sandbox) -> None:
    """Every input is compared with what the state has of AWS: after a creation, and after another look at AWS.

    By the role for that, which reads no secret (docs/aws.md): the one value that the program itself writes is left out.
    """
    staging.pulumi_as(PREVIEW_ROLE, "preview", "--expect-no-changes").expect(0)
    staging.pulumi_as(PREVIEW_ROLE, *looking_for_drift(staging)).expect(0)


def test_every_type_of_the_stack_has_a_reader(resources: list[Resource]) -> None:
    assert {each["type"] for each in resources} == set(READERS)


def test_every_value_is_read_back_as_it_was_set(client: Client, resources: list[Resource]) -> None:
    found = [f"{each['type']} {each['id']} {text}" for each in resources for _, text in compared(client, each)]
    assert found == []


def test_every_exception_is_needed(resources: list[Resource]) -> None:
    set_ = {(each["type"], name) for each in resources for name in each["inputs"]}
    assert set(EXCEPTIONS) - set_ == set()


def test_a_planted_difference_of_any_value_is_found(client: Client, resources: list[Resource]) -> None:
    """One resource of each type, every input of it replaced in turn: what no one compares would stand among the missed."""
    missed = []
    for kind, resource in {each["type"]: each for each in resources}.items():
        live = {"tags": None, **READERS[kind](client, resource["id"], resource["inputs"])}
        live["tags"] = live.get("tagsAll")
        for name in resource["inputs"]:
            if name.startswith("__") or (kind, name) in EXCEPTIONS:
                continue
            if not list(differences(_another(resource["inputs"][name]), live.get(name), name)):
                missed.append(f"{kind}.{name}")
    assert missed == []


def test_a_value_that_somebody_changed_is_found(client: Client, resources: list[Resource]) -> None:
    kind, name = "aws:cloudwatch/logGroup:LogGroup", "/ecs/axonflow-staging/agent"
    [group] = [each for each in resources if each["type"] == kind and each["id"] == name]
    wanted = group["inputs"]["retentionInDays"]
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=7)
    found = list(compared(client, group))
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=wanted)
    assert found == [("retentionInDays", f"retentionInDays: {wanted}, not 7")]


def _another(value: Any) -> Any:
    """A value that nothing has."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, dict):
        return {**copy.deepcopy(value), "Planted": "by the test"}
    if isinstance(value, list):
        return [*value, "planted"]
    return "planted"
