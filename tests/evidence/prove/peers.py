"""Subject "peers": what other tools say after ECS has rolled a release back, and what appdeploy says.

Each tool comes from PyPI, unmodified and pinned, into a virtual environment of its own, and meets a platform of its own
with one service that runs v1. The release is of v2, which fails: its container exits soon after it has reached RUNNING.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import WaiterError

from sandbox.emulator.images import Behaviour
from sandbox.emulator.journal import Kind
from tests.evidence.prove.report import Report, Table
from tests.support.aws_platform import CLUSTER, SERVICE
from tests.support.emulator_process import EmulatorProcess
from tests.support.handover import ENVIRONMENT
from tests.support.live_platform import Site
from tests.support.peer_tools import AWS_CLI, ECS_DEPLOY, installed, name_of

_BIN = Path(sys.executable).parent
_LONGEST = 300
_NOTES = (
    "v2 fails on 2 tasks behind a load balancer, with the circuit breaker and its rollback switched on"
    " (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html)."
    " The emulator stands for ECS: docs/limits.md says what that is worth.",
    "ecs-deploy takes every service event with the word `unable` for a failure. ECS sends one when tasks keep failing"
    " before they reach RUNNING, and none for tasks that stop later; how many it takes is not published, and the emulator"
    " sends it when the circuit breaker's threshold is reached. The row of the image that cannot be pulled may differ on AWS.",
)


class Said(NamedTuple):
    """How a tool ended."""

    exit_code: int
    last_line: str


@dataclass(frozen=True)
class Peer:
    """A way to release v2, and what it is expected to end with."""

    name: str
    exits: int
    because: str
    release: Callable[[Site], Said]
    fails: Behaviour = Behaviour.CRASH
    """How v2 fails."""


def prove(seed: int, scale: float) -> Report:
    """Release the crashing image with each tool. Neither seed nor scale changes anything: there is one case a tool."""
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(_try, PEERS))
    failures = [
        f"{peer.name} ended with {said.exit_code}, not with {peer.exits}: {said.last_line}"
        for peer, (said, _) in zip(PEERS, rows, strict=True)
        if said.exit_code != peer.exits
    ]
    failures += [
        f"{peer.name}: ECS had not rolled back: {truth}" for peer, (_, truth) in zip(PEERS, rows, strict=True) if _kept(truth)
    ]
    wrong = sum(said.exit_code == 0 for said, _ in rows)
    return Report(
        figures=(("ways to release", str(len(PEERS))), ("that call the rolled-back release a success", str(wrong))),
        tables=(
            Table(
                ("tool", "exit", "its last line", "what had happened (event journal)", "known from"),
                tuple(
                    (peer.name, str(said.exit_code), f"`{said.last_line}`", truth, peer.because)
                    for peer, (said, truth) in zip(PEERS, rows, strict=True)
                ),
            ),
        ),
        failures=tuple(failures),
        notes=_NOTES,
    )


def _try(peer: Peer) -> tuple[Said, str]:
    with EmulatorProcess() as emulator:
        site = Site(emulator)
        site.hand_over()
        site.push("v2", peer.fails)
        said = peer.release(site)
        return said, _truth(site)


def _truth(site: Site) -> str:
    """What the journal tells of the release, once all is quiet."""
    site.wait(site.settled)
    entries = site.emulator.control("GET", "journal")[1]["entries"]
    statuses = [entry["status"] for entry in entries if entry["kind"] == Kind.SERVICE_DEPLOYMENT]
    definition = site.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]["taskDefinition"]
    status = site.ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["status"]
    return f"{statuses[-1]}; serves {definition.rsplit('/', 1)[1]}, {status}"


def _kept(truth: str) -> bool:
    return not truth.startswith("ROLLBACK_SUCCESSFUL; serves axonflow-staging-agent:1,")


def _ecs_deploy(site: Site) -> Said:
    return _run(site, [f"{installed(ECS_DEPLOY)}/ecs", "deploy", CLUSTER, SERVICE, "--tag", "v2"])


def _aws_cli(site: Site) -> Said:
    aws, definition = f"{installed(AWS_CLI)}/aws", _register_v2(site)
    asked = ["--cluster", CLUSTER, "--service", SERVICE, "--task-definition", definition, "--query", "service.status"]
    updated = _run(site, [aws, "ecs", "update-service", *asked])
    if updated.exit_code:
        return updated
    waited = _run(site, [aws, "ecs", "wait", "services-stable", "--cluster", CLUSTER, "--services", SERVICE])
    return Said(waited.exit_code, waited.last_line or "(says nothing)")


def _botocore_waiter(site: Site) -> Said:
    site.ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=_register_v2(site))
    waiter = site.ecs.get_waiter("services_stable")
    try:
        waiter.wait(cluster=CLUSTER, services=[SERVICE], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    except WaiterError as error:
        return Said(1, str(error))
    return Said(0, "(returns)")


def _terraform(site: Site) -> Said:
    """The provider's way (internal/service/ecs/service.go): the PRIMARY deployment's id is looked for in the revisions."""
    ecs = site.ecs
    answer = ecs.update_service(cluster=CLUSTER, service=SERVICE, taskDefinition=_register_v2(site))["service"]
    primary = next(each["id"] for each in answer["deployments"] if each["status"] == "PRIMARY")
    listed = ecs.list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    digits = primary.removeprefix("ecs-svc/")
    arn = next(each["serviceDeploymentArn"] for each in listed if digits in each["targetServiceRevisionArn"])
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        found: dict[str, Any] = ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
        if found["status"] == "SUCCESSFUL":
            return Said(0, "SUCCESSFUL")
        if found["status"] in ("STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"):
            return Said(1, f"{found['status']}: {found.get('statusReason')}")
        time.sleep(0.5)
    return Said(1, "no end")


def _appdeploy(*options: str) -> Callable[[Site], Said]:
    def release(site: Site) -> Said:
        return _run(site, [str(_BIN / "appdeploy"), "deploy", "-e", ENVIRONMENT, "--version", "v2", *options])

    return release


PEERS = (
    Peer(name_of(ECS_DEPLOY), 0, "https://github.com/fabfuel/ecs-deploy/issues/185", _ecs_deploy),
    Peer(
        f"{name_of(ECS_DEPLOY)}, of an image that cannot be pulled",
        1,
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html",
        _ecs_deploy,
        Behaviour.NO_IMAGE,
    ),
    Peer(
        "aws ecs update-service, aws ecs wait services-stable",
        0,
        "https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/191",
        _aws_cli,
    ),
    Peer(
        "botocore's waiter services_stable",
        0,
        "https://github.com/aws-actions/amazon-ecs-deploy-task-definition/issues/494",
        _botocore_waiter,
    ),
    Peer(
        "Terraform's way to wait, in boto3",
        1,
        "https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/service.go",
        _terraform,
    ),
    Peer("appdeploy deploy", 21, "docs/architecture.md: stopped by us at the second crash", _appdeploy()),
    Peer("appdeploy deploy --patient", 20, "docs/architecture.md: left to the circuit breaker", _appdeploy("--patient")),
)


def _register_v2(site: Site) -> str:
    """The definition that runs, with v2: what a script does before `update-service`."""
    current = site.ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]["taskDefinition"]
    found = site.ecs.describe_task_definition(taskDefinition=current)["taskDefinition"]
    (container,) = found["containerDefinitions"]
    kept = {
        key: found[key] for key in ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn")
    }
    changed = {**container, "image": container["image"].replace(":v1", ":v2")}
    arn: str = site.ecs.register_task_definition(**kept, containerDefinitions=[changed])["taskDefinition"]["taskDefinitionArn"]
    return arn


def _run(site: Site, command: list[str]) -> Said:
    """Run a tool to its end; its last line is the last one that says something."""
    ran = subprocess.run(
        command, env=site.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LONGEST, check=False
    )
    lines = [line.strip() for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    return Said(ran.returncode, lines[-1] if lines else "")
