"""The two tiers side by side: a release never shows in a preview, and an update never puts an image back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.engine_commands import PREVIEW_ROLE, ROOT, Sandbox, run
from tests.system.e2e.changes import CHANGES, IRREPLACEABLE, changed, previewed, updated, wrongly_shown
from tests.system.e2e.drift import looking_for_drift

pytestmark = pytest.mark.engine


def test_no_change_after_a_release_even_when_the_engine_looks_at_aws_again(staging: Sandbox) -> None:
    """A release has moved the service, its count and its bounds; an operator has changed a tunable setting."""
    staging.deploy(staging.push("v1.1.0")).expect(0)
    ssm, name = staging.client("ssm"), "/axonflow/staging/config/agent/LOG_LEVEL"
    ssm.put_parameter(Name=name, Value="trace", Type="String", Overwrite=True)
    staging.pulumi("preview", "--refresh", "--expect-no-changes").expect(0)
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "trace"


def test_a_refresh_sees_what_somebody_changed(staging: Sandbox) -> None:
    """Without this, the test above would pass with a provider that reads nothing."""
    logs, group = staging.client("logs"), "/ecs/axonflow-staging/agent"
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    ran = staging.pulumi_as(PREVIEW_ROLE, *looking_for_drift(staging))
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
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


def test_a_changed_maximum_leaves_the_live_target_alone_until_sync_brings_it(staging: Sandbox, tmp_path: Path) -> None:
    """A hold outlives both: neither the update nor `sync` lifts the suspension, and the released minimum stays."""
    scale = ["appdeploy", "scale", "agent", "-e", "staging", "--yes"]
    operator = staging.as_role("axonflow-staging-operator")
    run([*scale, "2", "--hold", "2h"], operator).expect(0)
    before = bounds(staging)
    file = tmp_path / "Pulumi.staging.yaml"
    file.write_text((ROOT / "Pulumi.staging.yaml").read_text())
    changed(file, lambda settings: settings["services"]["agent"].update(memory=1024))
    changed(file, CHANGES["bounds of autoscaling"][0])
    assert wrongly_shown("bounds of autoscaling", updated(staging, file)) == ()
    assert bounds(staging) == before
    assert before[2]["DynamicScalingInSuspended"]
    assert before[2]["DynamicScalingOutSuspended"]
    staging.appdeploy("sync", "-e", "staging", "--service", "agent").expect(0)
    assert bounds(staging) == (before[0], 9, before[2])
    assert staging.status()["hold"] is not None
    staging.pulumi("preview", "--refresh", "--expect-no-changes", "--config-file", str(file)).expect(0)
    run([*scale, "--release"], operator).expect(0)


def bounds(staging: Sandbox) -> tuple[int, int, dict[str, bool]]:
    """The agent's minimum, maximum and suspension, from AWS."""
    name = "service/axonflow-staging-cluster/axonflow-staging-agent-service"
    scaling = staging.client("application-autoscaling")
    [target] = scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[name])["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"], target["SuspendedState"]


def test_a_longer_grace_period_starts_no_deployment_and_a_database_that_waits_for_its_window_is_shown_until_then(
    staging: Sandbox, tmp_path: Path
) -> None:
    def stack_file(when: str) -> Path:
        file = tmp_path / f"Pulumi.{when}.yaml"
        file.write_text((ROOT / "Pulumi.staging.yaml").read_text())
        changed(file, lambda settings: settings["services"]["agent"].update(memory=1024, health_grace_seconds=90))
        changed(file, CHANGES["bounds of autoscaling"][0])
        return changed(file, lambda settings: settings["database"].update(changes=when, instance_class="db.t4g.large"))

    before = deployment(staging)
    waiting = {("update", "rds/instance database")}
    assert updated(staging, stack_file("window")) == {*waiting, ("update", "ecs/service agent")}
    assert deployment(staging) == before
    staging.pulumi("refresh", "--yes", "--skip-preview", "--config-file", str(stack_file("window"))).expect(0)
    assert previewed(staging, stack_file("window")) == waiting, "although the state was refreshed"
    assert updated(staging, stack_file("now")) == waiting
    assert previewed(staging, stack_file("now")) == set()


def deployment(staging: Sandbox) -> tuple[str, int]:
    """The agent's deployment, and how many there are."""
    where = {"cluster": "axonflow-staging-cluster", "services": ["axonflow-staging-agent-service"]}
    [service] = staging.client("ecs").describe_services(**where)["services"]
    return service["deployments"][0]["id"], len(service["deployments"])


def test_a_setting_that_cannot_be_built_is_one_message(staging: Sandbox, stack_file: Path) -> None:
    stack_file.write_text(stack_file.read_text().replace("memory: 1024", "memory: 1000"))
    ran = staging.pulumi("preview", "--config-file", str(stack_file))
    assert ran.exit_code != 0
    assert "memory 1000 does not go with cpu 256" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err


def test_a_replaced_database_would_be_named() -> None:
    steps = CHANGES["memory"][1] | {("replace", f"{IRREPLACEABLE[0]} database")}
    assert wrongly_shown("memory", steps) == ("replace rds/instance database",)
