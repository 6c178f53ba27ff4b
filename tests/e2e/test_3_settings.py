"""What a changed setting shows in a preview: what it touches, and never a replaced database, load balancer or service."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.commands import ROOT, Sandbox

pytestmark = pytest.mark.engine

Settings = dict[str, Any]
Steps = set[tuple[str, str]]

SERVICES = ("agent", "orchestrator", "customer-portal")
WINDOW = {"days": ["mon"], "opens": "09:00", "closes": "16:00", "time_zone": "Europe/Berlin"}
IRREPLACEABLE = (
    "rds/instance",
    "elasticache/replicationGroup",
    "lb/loadBalancer",
    "ecs/service",
    "dynamodb/table",
    "ecr/repository",
)


def another_zone(settings: Settings) -> None:
    settings["network"]["availability_zones"].append("eu-central-1c")


def another_service(settings: Settings) -> None:
    exposure = {"kind": "public", "paths": ["/reports/*"], "priority": 50}
    settings["services"]["reports"] = {**settings["services"]["agent"], "port": 8090, "exposure": exposure}


CHANGES: dict[str, tuple[Callable[[Settings], None], Steps]] = {
    "memory": (
        lambda settings: settings["services"]["agent"].update(memory=1024),
        {("replace", "ecs/taskDefinition agent-template"), ("update", "ssm/parameter contract/services/agent")},
    ),
    "subnets of another zone": (
        another_zone,
        {("create", f"ec2/subnet network-{kind}-3") for kind in ("public", "private", "isolated")}
        | {("create", f"ec2/routeTable network-{kind}-3") for kind in ("public", "private", "isolated")}
        | {("create", f"ec2/routeTableAssociation network-{kind}-3") for kind in ("public", "private", "isolated")}
        | {("create", f"ec2/route network-{kind}-3") for kind in ("public", "private")}
        | {("update", f"ecs/service {service}") for service in SERVICES}
        | {("update", f"lb/loadBalancer af-stag-{name}") for name in ("public", "internal")}
        | {
            ("update", "elasticache/subnetGroup cache"),
            ("update", "rds/subnetGroup database"),
            ("update", "ec2/vpcEndpoint s3"),
        },
    ),
    "log retention": (
        lambda settings: settings.update(log_retention_days=30),
        {("update", f"cloudwatch/logGroup {name}") for name in (*SERVICES, "database", "flow-logs")},
    ),
    "release window": (
        lambda settings: settings.update(release_windows=[WINDOW]),
        {("update", "ssm/parameter contract/platform")},
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_changed_setting_shows_what_it_touches_and_nothing_else(staging: Sandbox, tmp_path: Path, kind: str) -> None:
    change, expected = CHANGES[kind]
    steps = previewed(staging, changed(tmp_path, change))
    assert steps == expected
    assert not [step for step in steps if step[0] == "replace" and step[1].split()[0] in IRREPLACEABLE]


def test_another_service_is_created_beside_the_others(staging: Sandbox, tmp_path: Path) -> None:
    """What the duties may do names every service; nothing else that is there already is touched."""
    steps = previewed(staging, changed(tmp_path, another_service))
    touched = {step for step in steps if step[0] != "create"}
    assert {step[1].split()[0] for step in touched} <= {"iam/policy", "cloudwatch/dashboard"}
    created = {step[1] for step in steps if step[0] == "create"}
    assert {"ecs/service reports", "ecs/taskDefinition reports-template", "ssm/parameter contract/services/reports"} <= created
    assert all("reports" in name for name in created), sorted(created)


def changed(folder: Path, change: Callable[[Settings], None]) -> Path:
    """The stack file with a change."""
    document = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text())
    change(document["config"]["axonflow:platform"])
    path = folder / "Pulumi.staging.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def previewed(staging: Sandbox, stack_file: Path) -> Steps:
    """The steps of a preview but those that do nothing, as `(operation, "module/type name")`; components aside."""
    shown = staging.pulumi("preview", "--json", "--config-file", str(stack_file)).expect(0)
    return {
        (step["op"], f"{kind.removeprefix('aws:').rsplit(':', 1)[0]} {name}")
        for step in json.loads(shown.out)["steps"]
        for kind, name in [(step["urn"].split("::")[2].rsplit("$", 1)[-1], step["urn"].rsplit("::", 1)[1])]
        if step["op"] in ("create", "update", "replace", "delete") and kind.startswith("aws:")
    }
