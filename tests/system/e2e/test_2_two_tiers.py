"""The two tiers side by side: a release never shows in a preview, and an update never puts an image back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.engine_commands import PREVIEW_ROLE, Sandbox
from tests.system.e2e.changes import CHANGES, IRREPLACEABLE, updated, wrongly_shown

pytestmark = pytest.mark.engine

SECRET_VALUE = "aws:secretsmanager/secretVersion:SecretVersion"
GROUP = "/ecs/axonflow-staging/agent"


def test_no_change_after_a_release_even_when_the_engine_looks_at_aws_again(staging: Sandbox) -> None:
    """A release has moved the service, its count and its bounds; an operator has changed a tunable setting."""
    staging.deploy(staging.push("v1.1.0")).expect(0)
    ssm, name = staging.client("ssm"), "/axonflow/staging/config/agent/LOG_LEVEL"
    ssm.put_parameter(Name=name, Value="trace", Type="String", Overwrite=True)
    staging.pulumi("preview", "--refresh", "--expect-no-changes").expect(0)
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "trace"


def test_drift_is_looked_for_by_the_preview_role_without_reading_a_secret(staging: Sandbox) -> None:
    """As docs/aws.md has it: the one value that the program itself writes is left out."""
    exported = json.loads(staging.pulumi("stack", "export").expect(0).out)
    [value] = [each["urn"] for each in exported["deployment"]["resources"] if each["type"] == SECRET_VALUE]
    staging.pulumi_as(PREVIEW_ROLE, "preview", "--expect-no-changes").expect(0)
    look = ("refresh", "--preview-only", "--expect-no-changes", "--exclude", value)
    staging.pulumi_as(PREVIEW_ROLE, *look).expect(0)
    staging.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    assert staging.pulumi_as(PREVIEW_ROLE, *look).exit_code != 0
    staging.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=14)


def test_a_refresh_sees_what_somebody_changed(staging: Sandbox) -> None:
    """Without this, the test above would pass with a provider that reads nothing."""
    logs = staging.client("logs")
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    ran = staging.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=14)
    assert ran.exit_code != 0
    assert "retentionInDays: 14 => 7" in ran.out


def test_an_update_of_the_template_changes_that_alone_and_leaves_what_runs(staging: Sandbox, stack_file: Path) -> None:
    """A row of the table of changed settings, whose previews `make prove` goes through."""
    before = staging.status()
    assert wrongly_shown("memory", updated(staging, stack_file)) == ()
    after = staging.status()
    assert after["task_definition"] == before["task_definition"]
    assert (after["version"], after["running"]) == ("v1.1.0", 2)
    drift = after["template_drift"]
    assert drift["running"].endswith("template:1")
    assert drift["target"].endswith("template:2")
    assert "newer template" in staging.appdeploy("status", "-e", "staging").out
    staging.appdeploy("status", "-e", "staging", "--expect-synced").expect(10)


def test_sync_brings_the_template_and_keeps_the_version(staging: Sandbox, stack_file: Path) -> None:
    planned = staging.appdeploy("plan", "-e", "staging", "--service", "agent", "--version", "v1.1.0", "--sync").expect(0)
    assert "memory" in planned.out
    staging.appdeploy("sync", "-e", "staging").expect(0)
    service = staging.status()
    assert (service["version"], service["template_drift"]) == ("v1.1.0", None)
    with staging.no_write():
        staging.appdeploy("sync", "-e", "staging").expect(0)


def test_a_setting_that_cannot_be_built_is_one_message(staging: Sandbox, stack_file: Path) -> None:
    stack_file.write_text(stack_file.read_text().replace("memory: 1024", "memory: 1000"))
    ran = staging.pulumi("preview", "--config-file", str(stack_file))
    assert ran.exit_code != 0
    assert "memory 1000 does not go with cpu 256" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_replaced_database_would_be_named() -> None:
    steps = CHANGES["memory"][1] | {("replace", f"{IRREPLACEABLE[0]} database")}
    assert wrongly_shown("memory", steps) == ("replace rds/instance database",)
