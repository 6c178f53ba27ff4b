"""Target tracking: once a minute each policy looks at its metric, and services are scaled by what the policies want.

As far as AWS tells it: out as soon as one policy wants it, in when all do, the largest count wins, with cooldowns
(docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html), not in during a rollout
(docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html). A minute is as long as the timings have it, and
so are cooldowns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends

from sandbox.emulator.autoscaling import DIMENSION, PREDEFINED, service_of
from sandbox.emulator.cloudwatch import query
from sandbox.emulator.cloudwatch.series import Bucket, Metrics, Series
from sandbox.emulator.ecs.model import Service
from sandbox.emulator.ecs.scheduler import Scheduler

OUT_MINUTES = 3
"""Minutes above the target before a policy scales out. AWS documents neither this nor the next two: they are what the alarms
have that it makes for a policy (`TargetTracking-service/...-AlarmHigh` and `-AlarmLow`)."""
IN_MINUTES = 15
IN_SHARE = 0.9
"""Part of the target below which a policy is ready to scale in."""
_COOLDOWN = 300
"""Seconds, where a policy names none: ECS's default (API reference of Application Auto Scaling,
TargetTrackingScalingPolicyConfiguration)."""
_MINUTE = 60


@dataclass(frozen=True)
class Want:
    """What one policy wants of a count."""

    out: int | None
    """More tasks; None when the metric was not above the target for long enough."""
    ready: bool
    """Whether it would let a task go. Missing data never does."""
    in_cooldown: float
    """Minutes."""


@dataclass
class Activity:
    """When a service was scaled last, in slots, and what its count was before."""

    out: float = -math.inf
    before: int = 0
    inwards: float = -math.inf


class Tracking:
    """Scales services. It keeps to the bounds, and does nothing that is suspended."""

    def __init__(self, metrics: Metrics, scheduler: Scheduler) -> None:
        self._metrics = metrics
        self._scheduler = scheduler
        self._slot = metrics.slot()
        self._last: dict[str, Activity] = {}

    def step(self) -> None:
        """Do what is due when a minute has ended. The watch has measured it before."""
        slot = self._metrics.slot()
        if slot <= self._slot:
            return
        self._slot = slot
        with self._scheduler.lock:
            for backend, target in list(_targets()):
                service = service_of(target.resource_id)
                if service is not None:
                    self._scale(backend, target, service)

    def _scale(self, backend: Any, target: Any, service: Service) -> None:
        last = self._last.setdefault(target.resource_id, Activity())
        policies = [each for each in backend.policies.values() if each.resource_id == target.resource_id]
        tracked = [each for each in policies if each.target_tracking_scaling_policy_configuration]
        wants = [self._want(service, each, last) for each in tracked]
        suspended = target.suspended_state or {}
        count = None
        if not suspended.get("DynamicScalingOutSuspended"):
            count = self._outwards(service, wants)
        if count is not None:
            last.out, last.before = self._slot, service.desired_count
        elif wants and not suspended.get("DynamicScalingInSuspended"):
            count = self._inwards(service, wants, last)
        if count is not None:
            bounded = min(max(count, int(target.min_capacity)), int(target.max_capacity))
            if bounded < service.desired_count:
                last.inwards = self._slot
            self._scheduler.rollout.set_count(service, bounded)

    def _outwards(self, service: Service, wants: Sequence[Want]) -> int | None:
        most = max((want.out for want in wants if want.out is not None), default=0)
        return most if most > service.desired_count else None

    def _inwards(self, service: Service, wants: Sequence[Want], last: Activity) -> int | None:
        """One task less: AWS removes them "more gradually" and does not say how."""
        cooling = self._slot - last.inwards < max(want.in_cooldown for want in wants)
        if cooling or service.primary.in_progress or not all(want.ready for want in wants):
            return None
        return service.desired_count - 1

    def _want(self, service: Service, policy: Any, last: Activity) -> Want:
        configuration = policy.target_tracking_scaling_policy_configuration
        target = float(configuration["TargetValue"])
        values = self._values(service, configuration)
        out_cooldown = configuration.get("ScaleOutCooldown", _COOLDOWN) / _MINUTE
        high = [value for value in values[-OUT_MINUTES:] if value is not None and value > target]
        # "The capacity that has been added by the previous scale-out event that initiated the cooldown is calculated as part of
        # the desired capacity for the next scale out" (API reference, TargetTrackingScalingPolicyConfiguration).
        base = last.before if self._slot - last.out < out_cooldown else service.desired_count
        return Want(
            out=math.ceil(base * high[-1] / target) if len(high) == OUT_MINUTES else None,
            ready=all(value is not None and value < target * IN_SHARE for value in values)
            and not configuration.get("DisableScaleIn", False),
            in_cooldown=configuration.get("ScaleInCooldown", _COOLDOWN) / _MINUTE,
        )

    def _values(self, service: Service, configuration: Mapping[str, Any]) -> list[float | None]:
        slots = range(self._slot - IN_MINUTES, self._slot)

        def look(series: Series) -> list[Bucket | None]:
            return [self._metrics.over(series, slot, slot + 1) for slot in slots]

        queries = query.parse(service.region, _documents(service, configuration))
        return list(query.evaluate(queries, look)[next(each.id for each in queries if each.returned)])


def _documents(service: Service, configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a policy follows, as queries."""
    if "CustomizedMetricSpecification" in configuration:
        return list(configuration["CustomizedMetricSpecification"]["Metrics"])
    kind = configuration["PredefinedMetricSpecification"]["PredefinedMetricType"]
    named = {"ClusterName": service.cluster_name, "ServiceName": service.name}
    dimensions = [{"Name": name, "Value": value} for name, value in named.items()]
    metric = {"Namespace": "AWS/ECS", "MetricName": PREDEFINED[kind], "Dimensions": dimensions}
    return [{"Id": "m", "MetricStat": {"Metric": metric, "Stat": "Average"}}]


def _targets() -> Iterator[tuple[Any, Any]]:
    for regions in list(applicationautoscaling_backends.values()):
        for backend in list(regions.values()):
            for target in list(backend.targets.get(DIMENSION, {}).values()):
                yield backend, target
