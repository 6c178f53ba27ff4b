"""A platform whose roles are those that the program declares, in an emulator that enforces IAM."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import aws_platform
from tests.support import release_platform as platform
from tests.support.alarms import put_alarm
from tests.support.emulator_process import EmulatorProcess
from tests.system.enforced_shop import PARAMETER, STEM, EnforcedShop, declared

ALARM = f"{STEM}-agent-errors"
_LONGEST = 120
_DELAY, _LONG_DELAY = 10, 3599
"""Seconds for which old tasks may finish requests: as the platform was made, and as long as they may."""


@dataclass(frozen=True, order=True)
class Permission:
    """One action of one statement of one policy."""

    policy: str
    sid: str
    action: str


def permissions(role: str) -> set[Permission]:
    """All that a role's own policies allow, as declared."""
    names = (f"roles-{role}", f"roles-{role}-services")
    policies = [item.inputs for item in declared().of("aws:iam/policy:Policy") if item.name in names]
    return {
        Permission(policy["name"], item["Sid"], action)
        for policy in policies
        for item in json.loads(policy["policy"])["Statement"]
        for action in item["Action"]
    }


BOUNDS = {"minimum": 1, "maximum": 6}


class Site(EnforcedShop):
    """With all that some command needs a permission for."""

    def __init__(self, emulator: EmulatorProcess, home: Path) -> None:
        super().__init__(emulator, home)
        self.client("ecr").put_image(
            repositoryName=aws_platform.REPOSITORY, imageTag="several", imageManifest=_index(), imageManifestMediaType=_INDEX
        )
        put_alarm(self.client("cloudwatch"), ALARM, Namespace="N", MetricName="M", EvaluationPeriods=1)
        # Without the circuit breaker, which may be faster than a release that wants to use its right to stop.
        watched = {
            "alarms": {"alarmNames": [ALARM], "enable": True, "rollback": True},
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        }
        self.client("ecs").update_service(
            cluster=aws_platform.CLUSTER, service=aws_platform.SERVICE, deploymentConfiguration=watched
        )
        # As infra makes it: with the minimum that starts no task.
        self.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=f"service/{aws_platform.CLUSTER}/{aws_platform.SERVICE}",
            MinCapacity=0,
            MaxCapacity=BOUNDS["maximum"],
        )

    def new_template(self, memory: str) -> None:
        """What `pulumi up` does for a changed template: a revision, and a contract that names it."""
        sent = aws_platform.task_definition(
            f"{platform.REGISTRY}/{aws_platform.REPOSITORY}:unreleased", self.platform.role, aws_platform.TEMPLATE
        )
        secrets = {"DATABASE_USER": f"{self._secret}:username::", "LOG_LEVEL": PARAMETER}
        sent["containerDefinitions"][0]["secrets"] = [{"name": key, "valueFrom": value} for key, value in secrets.items()]
        sent |= {"memory": memory, "taskRoleArn": self.platform.role.replace("execution", "task")}
        arn = self.client("ecs").register_task_definition(**sent)["taskDefinition"]["taskDefinitionArn"]
        self._change_contract({"template": arn, "scaling": BOUNDS})

    def wish_before(self, task: dict[str, Any] | None) -> None:
        """What `pulumi up` does for a changed task before the rollouts."""
        self._change_contract({"pre_deploy": task})

    def _change_contract(self, changes: dict[str, Any]) -> None:
        ssm, name = self.client("ssm"), "/axonflow/staging/contract/services/agent"
        contract = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        ssm.put_parameter(Name=name, Value=json.dumps({**contract, **changes}), Type="String", Overwrite=True)

    def leave_open(self, *words: str) -> None:
        """Let a release end once its version is live and before ECS has completed it, which is the case afterwards.

        ECS would else be as fast as the release, which then settles its own entry: old tasks drain until it has ended.
        """
        self._drain(_LONG_DELAY)
        self.run_as("release", *words, "--until", "live")
        assert self._primary()["rolloutState"] == "IN_PROGRESS", "the release took longer than old tasks may drain"
        self._drain(_DELAY)
        self._wait_until_complete()

    def _drain(self, seconds: int) -> None:
        delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(seconds)}]
        for group in self.platform.balancer.groups:
            self.client("elbv2").modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)

    def _wait_until_complete(self) -> None:
        """Until ECS has finished with the service's newest deployment."""
        end = time.monotonic() + _LONGEST
        while self._primary()["rolloutState"] != "COMPLETED":
            assert time.monotonic() < end, self._primary()
            time.sleep(0.1)

    def _primary(self) -> dict[str, Any]:
        described = self.client("ecs").describe_services(cluster=aws_platform.CLUSTER, services=[aws_platform.SERVICE])
        found: dict[str, Any] = described["services"][0]["deployments"][0]
        return found

    def used(self, roles: Iterable[str] = ()) -> set[Permission]:
        """What was needed so far, by any role or by these."""
        names = {f"{STEM}-{role}" for role in roles}
        grants = self.emulator.control("GET", "grants")[1]["grants"]
        return {
            Permission(grant["policy"], grant["sid"], grant["action"])
            for grant in grants
            if not names or grant["role"] in names
        }


_INDEX = "application/vnd.oci.image.index.v1+json"


def _index() -> str:
    """An image for two architectures (github.com/opencontainers/image-spec image-index.md)."""
    manifests = [
        {"digest": f"sha256:{name * 16}", "size": 1, "platform": {"architecture": name, "os": "linux"}}
        for name in ("amd6", "arm6")
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})
