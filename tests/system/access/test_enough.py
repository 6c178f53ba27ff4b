"""Each command's documented role is enough for it, and has nothing that no command needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support import aws_platform
from tests.support import release_platform as platform
from tests.support.emulator_process import EmulatorProcess
from tests.system.access.iam_platform import Permission, Site, permissions
from tests.system.access.story import STEPS, Step, Story
from tests.system.enforced_shop import ADMIN, STEM

pytestmark = [pytest.mark.emulator, pytest.mark.waits]

RUNBOOK = Path(__file__).resolve().parents[3] / "docs/runbook.md"

NOT_EXERCISED = {
    ("operator", "ReadTheServicesLogs"): "logs, diagnose",
    ("operator", "ReadMetrics"): "diagnose",
    ("operator", "ReadAndStartTheDatabase"): "db status, db start",
    ("maintenance", "HoldTheLock"): "prune",
    ("maintenance", "PruneTaskDefinitions"): "prune",
    ("maintenance", "PruneImages"): "prune",
    ("maintenance", "RunDatabaseTasks"): "db init, db maintain",
    ("maintenance", "PassTheRolesOfDatabaseTasks"): "db init, db maintain",
}
"""Statements whose command is still to come, each with the command that it waits for."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with EmulatorProcess("--enforce-iam") as emulator:
        yield Story(Site(emulator, tmp_path_factory.mktemp("home")))


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_the_role_is_enough(story: Story, step: Step) -> None:
    said = story.outcome(step)
    assert "not authorized" not in said, said


def test_the_story_has_every_command_under_the_role_that_the_runbook_names() -> None:
    rows = re.findall(r"^\| `(\w+)[^`]*`((?:, `[^`]+`)*) \| ([a-z, ]+) \|$", RUNBOOK.read_text(), re.MULTILINE)
    documented = {
        (command, role.strip())
        for first, more, roles in rows
        for command in [first, *re.findall(r"`(\w+)", more)]
        for role in roles.split(",")
    }
    assert {(step.command, step.role) for step in STEPS} == documented


@pytest.mark.parametrize("duty", ["viewer", "release"])
def test_no_statement_is_there_that_no_command_needed(story: Story, duty: str) -> None:
    story.outcome(STEPS[-1])
    unneeded = permissions(duty) - story.site.used([duty])
    assert sorted(unneeded) == [], f"no command of the {duty} needed these"


@pytest.mark.parametrize("duty", ["operator", "maintenance"])
def test_what_waits_for_a_command_is_known(story: Story, duty: str) -> None:
    story.outcome(STEPS[-1])
    unneeded = {(duty, permission.sid) for permission in permissions(duty) - story.site.used([duty])}
    assert unneeded == {waiting for waiting in NOT_EXERCISED if waiting[0] == duty}


def test_an_unneeded_action_would_be_named(story: Story) -> None:
    story.outcome(STEPS[-1])
    planted = Permission(f"{STEM}-viewer", "SeeAlarms", "cloudwatch:DescribeAlarmHistory")
    assert sorted((permissions("viewer") | {planted}) - story.site.used(["viewer"])) == [planted]


@pytest.fixture(scope="module")
def as_role(story: Story) -> Any:
    def client(role: str, service: str) -> Any:
        given = story.site.session(role)
        session = boto3.Session(
            given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"], platform.REGION
        )
        return session.client(service, endpoint_url=story.site.emulator.endpoint)

    return client


AGENT = {"cluster": aws_platform.CLUSTER, "service": aws_platform.SERVICE}
CONTAINERS = [{"name": "a", "image": "i", "memory": 128}]
FORBIDDEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "take a definition away": ("ecs", "deregister_task_definition", {"taskDefinition": f"{aws_platform.FAMILY}:1"}),
    "run another task": ("ecs", "run_task", {"cluster": aws_platform.CLUSTER, "taskDefinition": f"{aws_platform.TEMPLATE}:1"}),
    "start a database": ("rds", "start_db_instance", {"DBInstanceIdentifier": f"{STEM}-db"}),
    "write the contract": (
        *("ssm", "put_parameter"),
        {"Name": "/axonflow/staging/contract/platform", "Value": "{}", "Type": "String", "Overwrite": True},
    ),
    "write a template": (
        *("ecs", "register_task_definition"),
        {"family": aws_platform.TEMPLATE, "containerDefinitions": CONTAINERS},
    ),
    "hand a task a role of its choice": (
        *("ecs", "register_task_definition"),
        {
            "family": aws_platform.FAMILY,
            "taskRoleArn": ADMIN,
            "containerDefinitions": [{"name": "a", "image": "i", "memory": 128}],
        },
    ),
    "make a service run something else": ("ecs", "update_service", {**AGENT, "taskDefinition": "foreign:1"}),
    "run a revision whose role it may not pass": (
        *("ecs", "update_service"),
        {**AGENT, "taskDefinition": f"{aws_platform.FAMILY}:planted"},
    ),
    "touch production": (
        *("ecs", "update_service"),
        {"cluster": "axonflow-production-cluster", "service": "axonflow-production-agent-service", "desiredCount": 0},
    ),
    "throw images away": (
        *("ecr", "batch_delete_image"),
        {"repositoryName": aws_platform.REPOSITORY, "imageIds": [{"imageTag": "v1"}]},
    ),
    "read a secret": ("secretsmanager", "get_secret_value", {"SecretId": f"{STEM}/database"}),
    "give itself more": (
        *("iam", "put_role_policy"),
        {"RoleName": f"{STEM}-release", "PolicyName": "more", "PolicyDocument": "{}"},
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
@pytest.mark.parametrize("role", ["viewer", "release"])
def test_neither_viewer_nor_release_can(story: Story, as_role: Any, role: str, what: str) -> None:
    service, operation, parameters = FORBIDDEN[what]
    if "planted" in str(parameters):
        parameters = {**AGENT, "taskDefinition": _planted(story.site)}
    with pytest.raises(ClientError) as caught:
        getattr(as_role(role, service), operation)(**parameters)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    assert f"assumed-role/{STEM}-{role}/" in caught.value.response["Error"]["Message"]


def _planted(site: Site) -> str:
    """A revision of the live family that root registered, with a role that no release may pass."""
    sent = aws_platform.task_definition("i", f"arn:aws:iam::{platform.ACCOUNT}:role/{ADMIN}")
    arn: str = site.client("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
    return arn


WRITES = (
    ("deploy", "--version", "v1-again"),
    ("restart",),
    ("rollback", "--without-ledger"),
    ("lock", "--reason", "curious"),
    ("unlock",),
    ("scale", "agent", "2"),
    ("config", "set", "agent", "LOG_LEVEL=debug"),
)


@pytest.mark.parametrize("words", WRITES, ids=[" ".join(words) for words in WRITES])
def test_a_viewer_changes_nothing_and_is_told_why(story: Story, words: tuple[str, ...]) -> None:
    story.outcome(STEPS[-1])
    before = story.site.stands_on
    if words == ("unlock",):
        story.site.run_as("operator", "appdeploy", "lock", "-e", "staging", "--reason", "load test")
    process = story.site.start_as("viewer", "appdeploy", *words, "-e", "staging")
    out, err = process.communicate(timeout=60)
    if words == ("unlock",):
        story.site.run_as("operator", "appdeploy", "unlock", "-e", "staging")
    assert process.returncode in (10, 22), out + err
    assert f"assumed-role/{STEM}-viewer/" in out + err
    assert "is not authorized to perform" in out + err
    assert story.site.stands_on == before


def test_a_viewer_sees_what_became_of_a_release_and_leaves_its_entry_open(story: Story) -> None:
    story.outcome(STEPS[-1])
    site = story.site
    site.leave_open("appdeploy", "restart", "-e", "staging")
    assert _open(site) == 1
    assert "not settled" not in site.run_as("viewer", "appdeploy", "status", "-e", "staging")
    assert "live" in site.run_as("viewer", "appdeploy", "releases", "-e", "staging", "--limit", "1")
    assert _open(site) == 1, "the entry is for someone else to close"
    site.run_as("release", "appdeploy", "releases", "-e", "staging")
    assert _open(site) == 0


def _open(site: Site) -> int:
    found = site.client("dynamodb").query(
        TableName=platform.TABLE,
        IndexName="open",
        KeyConditionExpression="#key = :open",
        ExpressionAttributeNames={"#key": "open"},
        ExpressionAttributeValues={":open": {"S": "open"}},
    )
    return len(found["Items"])
