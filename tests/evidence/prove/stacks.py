"""Subject "stacks": both environments from nothing by the real engine, released, changed, and taken down again."""

from __future__ import annotations

import re
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.evidence.prove.report import Report, Table
from tests.support.engine_commands import ROOT, Ran, Sandbox, run
from tests.system.e2e.changes import CHANGES, changed, previewed, wrongly_shown

SERVICES = ("agent", "orchestrator", "customer-portal")
VERSION = "v1.0.0"
_LEFT = re.compile(r":(task-definition/.*-(template|db-init|db-maintain):\d+|snapshot:.*-final-[0-9a-f]+)$")
"""What a destroyed environment leaves: templates, which rollbacks start from, the definitions of one-off tasks, and the last
snapshots of its data."""


@dataclass
class _Seen:
    """What was run, how long it took, and what did not hold."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ran(self, stack: str, what: str, seconds: float, said: str) -> None:
        self.rows.append((stack, what, f"{seconds:.1f} s", said))

    def expect(self, holds: bool, failure: str) -> None:
        if not holds:
            self.failures.append(failure)


def prove(seed: int, scale: float) -> Report:
    """The whole of it once; neither the seed nor the scale changes anything."""
    seen = _Seen()
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder) / "home")
        try:
            sandbox.sandbox("up").expect(0)
            for stack in ("staging", "production"):
                _bring_up(sandbox, stack, seen)
                _release(sandbox, stack, seen)
            _change(sandbox, Path(folder), seen)
            _take_down(sandbox, seen)
        finally:
            sandbox.sandbox("down")
    return Report(
        figures=(("changed settings looked at", str(len(CHANGES))),),
        tables=(Table(("stack", "what", "took", "said"), tuple(seen.rows)),),
        failures=tuple(seen.failures),
        notes=("One sandbox, profile fast. Neither the seed nor the scale changes anything.",),
    )


def _bring_up(sandbox: Sandbox, stack: str, seen: _Seen) -> None:
    at = sandbox.at(stack)
    if stack != "staging":
        at.pulumi("stack", "init")
    for what, *command in (
        ("up from nothing", "up", "--yes", "--skip-preview"),
        ("preview without a change", "preview", "--expect-no-changes"),
        ("refresh without a difference", "refresh", "--preview-only", "--expect-no-changes"),
    ):
        ran = _timed(at, stack, what, command, seen)
        seen.expect(ran.exit_code == 0, f"{stack}: {what} ended with {ran.exit_code}: {ran.out[-500:]}")
    at.create_database_user()


def _timed(at: Sandbox, stack: str, what: str, command: list[str], seen: _Seen) -> Ran:
    started = time.monotonic()
    ran = at.pulumi(*command)
    counts = re.findall(r"^\s+(?:[-+~] )*(\d+ (?:created|deleted|unchanged))$|^Resources:\s+(\d+ unchanged)$", ran.out, re.M)
    said = ", ".join(first or second for first, second in counts) or f"exit {ran.exit_code}"
    seen.ran(stack, what, time.monotonic() - started, said)
    return ran


def _release(sandbox: Sandbox, stack: str, seen: _Seen) -> None:
    """All three by one command, in production outside of its windows too; then a request of each that the world reaches."""
    how = "push" if stack == "staging" else "copy"
    for service in SERVICES:
        sandbox.sandbox("image", how, service, VERSION).expect(0)
    started = time.monotonic()
    deploy = ["deploy", "-e", stack, "--version", VERSION, "--until", "complete", "--during-incident", "rehearsal"]
    ran = run(["appdeploy", *deploy], sandbox.shell())
    seen.ran(stack, "release of all three", time.monotonic() - started, f"exit {ran.exit_code}")
    seen.expect(ran.exit_code == 0, f"{stack}: the release ended with {ran.exit_code}: {ran.err[-500:]}")
    address = sandbox.at(stack).pulumi("stack", "output", "url").expect(0).out.strip()
    seen.expect(address.startswith("https://"), f"{stack}: {address} is not encrypted")
    with urllib.request.urlopen(f"{address}/health", timeout=10, context=sandbox.encryption) as answer:
        seen.ran(stack, "GET /health", 0.0, f"{answer.status} from {answer.headers['X-Axonflow-Version']}, encrypted")
    unchanged = sandbox.at(stack).pulumi("preview", "--expect-no-changes")
    seen.expect(unchanged.exit_code == 0, f"{stack}: the release shows in a preview: {unchanged.out[-500:]}")


def _change(sandbox: Sandbox, folder: Path, seen: _Seen) -> None:
    for kind, (change, _) in CHANGES.items():
        stack_file = folder / "Pulumi.staging.yaml"
        stack_file.write_text((ROOT / "Pulumi.staging.yaml").read_text())
        started = time.monotonic()
        steps = previewed(sandbox, changed(stack_file, change))
        wrong = wrongly_shown(kind, steps)
        seen.ran("staging", f"changed: {kind}", time.monotonic() - started, f"{len(steps)} steps")
        seen.expect(not wrong, f"{kind} wrongly shows {', '.join(wrong)}")


def _take_down(sandbox: Sandbox, seen: _Seen) -> None:
    kept = len(set(_arns(sandbox, "production")))
    refused = _timed(sandbox.at("production"), "production", "destroy", ["destroy", "--yes"], seen)
    seen.expect(refused.exit_code != 0 and "protected" in refused.out + refused.err, "production let itself be destroyed")
    seen.expect(len(set(_arns(sandbox, "production"))) == kept, "production lost something before it refused")
    before = set(_arns(sandbox, "staging"))
    ran = _timed(sandbox, "staging", "destroy", ["destroy", "--yes", "--skip-preview"], seen)
    seen.expect(ran.exit_code == 0, f"staging: destroy ended with {ran.exit_code}: {ran.out[-800:]}")
    left = set(_arns(sandbox, "staging"))
    ended = _ended(sandbox)
    orphans = sorted(arn for arn in left - ended if not _LEFT.search(arn) and not _of_releases(arn))
    seen.expect(not orphans, f"staging left {', '.join(orphans[:9])}")
    seen.ran("staging", "left of tagged things", 0.0, f"{len(left - ended)} of {len(before)}: templates and released revisions")


def _ended(sandbox: Sandbox) -> set[str]:
    """What AWS still lists for a while after its end (docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html),
    ECS with the status INACTIVE, and keys that can be had back
    (docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html)."""
    ecs, ec2, kms = sandbox.client("ecs"), sandbox.client("ec2"), sandbox.client("kms")
    cluster = "axonflow-staging-cluster"
    found = {f"natgateway/{item['NatGatewayId']}": item["State"] for item in ec2.describe_nat_gateways()["NatGateways"]}
    found |= {item["clusterArn"]: item["status"] for item in ecs.describe_clusters(clusters=[cluster])["clusters"]}
    names = [f"axonflow-staging-{service}-service" for service in SERVICES]
    found |= {item["serviceArn"]: item["status"] for item in ecs.describe_services(cluster=cluster, services=names)["services"]}
    keys = [kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"] for item in kms.list_keys()["Keys"]]
    found |= {key["Arn"]: key["KeyState"] for key in keys}
    over = {key for key, state in found.items() if state in ("deleted", "INACTIVE", "PendingDeletion")}
    # A cluster that is inactive runs nothing, and tells nothing of the tasks that it ran.
    over |= {arn for arn in _arns(sandbox, "staging") if f":task/{cluster}/" in arn and any(cluster in each for each in over)}
    return {arn for arn in _arns(sandbox, "staging") if arn in over or arn.rsplit(":", 1)[-1] in over}


def _of_releases(arn: str) -> bool:
    """A revision that a release registered: releases own that family."""
    return ":task-definition/axonflow-staging-" in arn


def _arns(sandbox: Sandbox, environment: str) -> Iterator[str]:
    """Everything tagged as this environment's."""
    pages = sandbox.client("resourcegroupstaggingapi").get_paginator("get_resources")
    tags = [{"Key": "Environment", "Values": [environment]}]
    for page in pages.paginate(TagFilters=tags):
        yield from (item["ResourceARN"] for item in page["ResourceTagMappingList"])
