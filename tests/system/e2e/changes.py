"""Changed settings, each with the steps of its preview and of its update: what it touches, and nothing that merely names it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.support.engine_commands import STATE_AT_THE_END, Sandbox

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


ANOTHER_SERVICE = "another service"
_NAMES_ALL = ("iam/policy", "cloudwatch/dashboard", "cloudwatch/eventRule")
"""What names every service: policies of operations, dashboards, the rule for failed deployments."""

CHANGES: dict[str, tuple[Callable[[Settings], None], Steps]] = {
    "memory": (
        lambda settings: settings["services"]["agent"].update(memory=2048),
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
            ("update", "scheduler/schedule maintenance"),
        },
    ),
    "bounds of autoscaling": (
        lambda settings: settings["services"]["agent"]["scaling"].update(maximum=9),
        {("update", "ssm/parameter contract/services/agent")},
    ),
    "threshold of an alarm": (
        lambda settings: settings.setdefault("alarms", {}).update(database_connections=150),
        {("update", "cloudwatch/metricAlarm database-connections")},
    ),
    "log retention": (
        lambda settings: settings.update(log_retention_days=30),
        {
            *(("update", f"cloudwatch/logGroup {name}") for name in (*SERVICES, "database", "flow-logs", "operations")),
            ("update", "s3/bucketLifecycleConfiguration access-logs"),
        },
    ),
    "release window": (
        lambda settings: settings.update(release_windows=[WINDOW]),
        {("update", "ssm/parameter contract/platform")},
    ),
    ANOTHER_SERVICE: (another_service, set()),
}


def wrongly_shown(kind: str, steps: Steps) -> tuple[str, ...]:
    """The steps that a preview of that change shows and should not, or should and does not; sorted."""
    wrong = {step for step in steps if step[0] != "create" and step[1].split()[0] in IRREPLACEABLE and step[0] != "update"}
    if kind == ANOTHER_SERVICE:
        wrong |= {step for step in steps if step[0] == "create" and "reports" not in step[1]}
        wrong |= {step for step in steps if step[0] != "create" and step[1].split()[0] not in _NAMES_ALL}
    else:
        wrong |= steps ^ CHANGES[kind][1]
    return tuple(sorted(" ".join(step) for step in wrong))


def changed(stack_file: Path, change: Callable[[Settings], None]) -> Path:
    """The stack file as the story has left it, with a change."""
    document = yaml.safe_load(stack_file.read_text())
    change(document["config"]["axonflow:platform"])
    stack_file.write_text(yaml.safe_dump(document))
    return stack_file


def previewed(staging: Sandbox, stack_file: Path) -> Steps:
    """The steps of a preview but those that do nothing, as `(operation, "module/type name")`; components aside."""
    shown = staging.pulumi("preview", "--json", "--config-file", str(stack_file)).expect(0)
    return _changing(json.loads(shown.out)["steps"])


def updated(staging: Sandbox, stack_file: Path) -> Steps:
    """The steps of an update, likewise: what it did."""
    words = ("up", "--yes", "--skip-preview", "--json", "--config-file", str(stack_file))
    done = staging.pulumi(*words, **STATE_AT_THE_END).expect(0)
    events = [json.loads(line) for line in done.out.splitlines()]
    return _changing([event["resOutputsEvent"]["metadata"] for event in events if "resOutputsEvent" in event])


def _changing(steps: Iterable[dict[str, Any]]) -> Steps:
    return {
        (step["op"], f"{kind.removeprefix('aws:').rsplit(':', 1)[0]} {name}")
        for step in steps
        for kind, name in [(step["urn"].split("::")[2].rsplit("$", 1)[-1], step["urn"].rsplit("::", 1)[1])]
        if step["op"] in ("create", "update", "replace", "delete") and kind.startswith("aws:")
    }
