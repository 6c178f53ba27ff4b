"""The load balancer API: moto's, with target health from the data plane and the checks that moto leaves out."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.responses import ELBV2Response

from sandbox.emulator.elb.ports import HOST, ListenerPorts
from sandbox.emulator.elb.routing import groups_in_use, load_balancers
from sandbox.emulator.elb.targets import Target, TargetTable


class ElbApi(ELBV2Response):  # type: ignore[misc]
    """The class variables are set on the class that is installed."""

    lock: ClassVar[threading.RLock]
    ports: ClassVar[ListenerPorts]
    targets: ClassVar[TargetTable]

    def call_action(self) -> Any:
        with self.lock:
            try:
                return super().call_action()
            finally:
                if not self._get_action().startswith("Describe"):
                    self.ports.synchronise()

    def create_load_balancer(self) -> ActionResult:
        name = self._get_params().get("Name")
        if any(balancer.name == name for balancer in self.elbv2_backend.load_balancers.values()):
            text = f"A load balancer with the same name '{name}' exists, but with different settings"
            raise ELBClientError("DuplicateLoadBalancerName", text)
        result = super().create_load_balancer()
        (balancer,) = result.result["LoadBalancers"]
        self.ports.synchronise()
        balancer.dns_name = f"{HOST}:{self.ports.port_of(balancer.arn)}"
        return result

    def delete_load_balancer(self) -> ActionResult:
        balancer = self.elbv2_backend.load_balancers.get(self._get_params()["LoadBalancerArn"])
        if balancer is not None and str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
            text = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection is enabled"
            raise ELBClientError("OperationNotPermitted", text)
        return super().delete_load_balancer()

    def describe_target_health(self) -> ActionResult:
        params = self._get_params()
        arn, asked = params["TargetGroupArn"], params.get("Targets") or []
        mine = self.targets.of_group(arn)
        by_hand = [entry for entry in asked if not any(_is(entry, target) for target in mine)]
        descriptions = []
        if by_hand or not asked:
            descriptions += self.elbv2_backend.describe_target_health(arn, by_hand)
        used = any(arn in groups_in_use(balancer) for balancer in load_balancers())
        shown = [target for target in mine if not asked or any(_is(entry, target) for entry in asked)]
        descriptions += [_describe(target, used=used) for target in shown]
        return ActionResult({"TargetHealthDescriptions": descriptions})


def _is(entry: Mapping[str, Any], target: Target) -> bool:
    return entry["Id"] == target.ip and int(entry.get("Port") or target.port) == target.port


def _describe(target: Target, *, used: bool) -> dict[str, Any]:
    verdict = target.verdict
    health = {"State": verdict.state.value, "Reason": verdict.reason, "Description": verdict.description}
    if not used:
        text = "Target group is not configured to receive traffic from the load balancer"
        health = {"State": "unused", "Reason": "Target.NotInUse", "Description": text}
    return {
        "Target": {"Id": target.ip, "Port": target.port, "AvailabilityZone": target.availability_zone},
        "HealthCheckPort": str(target.port),
        "TargetHealth": {name: value for name, value in health.items() if value is not None},
    }
