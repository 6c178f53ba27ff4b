"""What moto lacks of Application Auto Scaling: services of the scheduler, and counts that keep within their bounds.

RegisterScalableTarget moves a service's count into its bounds at once, also when it names neither of them
(docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html). What policies do: `tracking`.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from sandbox.emulator.cloudwatch import query
from sandbox.emulator.ecs.model import Service, ServiceStatus
from sandbox.emulator.ecs.scheduler import Scheduler, services

DIMENSION = "ecs:service:DesiredCount"
PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}
"""Metrics of services that a policy may name, beside those that it spells out (API reference of Application Auto Scaling,
PredefinedMetricSpecification)."""

_SERVICE_ROLE = "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"

# moto looks for the service among its own, where the scheduler's are not; it is looked for here.
ApplicationAutoscalingBackend._ecs_service_exists_for_target = lambda self, resource: True


class AutoscalingApi(ApplicationAutoScalingResponse):  # type: ignore[misc]
    """The class variable is set on the class that is installed."""

    scheduler: ClassVar[Scheduler]

    def register_scalable_target(self) -> Any:
        if self._get_param("ServiceNamespace") != "ecs":
            return super().register_scalable_target()
        with self.scheduler.lock:
            resource = self._get_param("ResourceId")
            service = _existing(resource)
            self._check_bounds(resource)
            answer = super().register_scalable_target()
            target = self.applicationautoscaling_backend.targets[DIMENSION][resource]
            self._tags(target.arn).update(self._get_param("Tags") or {})
            # For ECS it is always this role, whatever was given (API reference, RegisterScalableTarget: RoleARN).
            target.role_arn = f"arn:aws:iam::{self.current_account}:role/{_SERVICE_ROLE}"
            count = min(max(service.desired_count, int(target.min_capacity)), int(target.max_capacity))
            if count != service.desired_count:
                self.scheduler.rollout.set_count(service, count)
            return answer

    def put_scaling_policy(self) -> Any:
        configuration = self._get_param("TargetTrackingScalingPolicyConfiguration") or {}
        predefined = configuration.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        spelled = configuration.get("CustomizedMetricSpecification", {})
        if predefined not in (None, *PREDEFINED) or (spelled and "Metrics" not in spelled):
            known = ", ".join(PREDEFINED)
            raise AWSValidationException(f"the sandbox follows {known}, or CustomizedMetricSpecification with Metrics")
        if spelled:
            self._check_queries(spelled["Metrics"])
        return super().put_scaling_policy()

    def _check_queries(self, documents: list[dict[str, Any]]) -> None:
        try:
            query.parse(self.region, documents)
        except query.QueryError as error:
            raise AWSValidationException(str(error)) from None

    def list_tags_for_resource(self) -> str:
        return json.dumps({"Tags": self._tags(self._get_param("ResourceARN"))})

    def tag_resource(self) -> str:
        self._tags(self._get_param("ResourceARN")).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        for name in self._get_param("TagKeys"):
            self._tags(self._get_param("ResourceARN")).pop(name, None)
        return "{}"

    def _tags(self, arn: str) -> dict[str, str]:
        """A scalable target's tags, kept with it: moto has none."""
        for target in self.applicationautoscaling_backend.targets.get(DIMENSION, {}).values():
            if target.arn == arn:
                tags: dict[str, str] = target.__dict__.setdefault("tags", {})
                return tags
        raise AWSValidationException(f"no scalable target has the ARN {arn}")

    def _check_bounds(self, resource: str) -> None:
        known = self.applicationautoscaling_backend.targets.get(DIMENSION, {}).get(resource)
        lowest, highest = self._get_int_param("MinCapacity"), self._get_int_param("MaxCapacity")
        lowest = known.min_capacity if lowest is None and known else lowest
        highest = known.max_capacity if highest is None and known else highest
        if lowest is None or highest is None:
            raise AWSValidationException("You must specify both minimum and maximum capacity for a new scalable target")
        if lowest > highest:
            raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")


def service_of(resource: str) -> Service | None:
    """The service of `service/<cluster>/<service>`; None when there is none."""
    _, cluster, name = resource.split("/")
    known = (service for service in services() if service.status is not ServiceStatus.INACTIVE)
    return next((service for service in known if (service.cluster_name, service.name) == (cluster, name)), None)


def _existing(resource: str) -> Service:
    service = service_of(resource)
    if service is None:
        raise AWSValidationException(f"ECS service doesn't exist: {resource}")
    return service
