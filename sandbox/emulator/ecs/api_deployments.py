"""Operations on service deployments and service revisions, none of which moto has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.emulator.ecs import errors, views
from sandbox.emulator.ecs.api import Answer, answer
from sandbox.emulator.ecs.api_services import ServicesApi
from sandbox.emulator.ecs.model import ServiceDeployment, ServiceRevision

_MOST_DESCRIBED = 20
_LIST_PAGE = 20


class DeploymentsApi(ServicesApi):
    """List, describe and stop."""

    def list_service_deployments(self) -> Answer:
        sent = self.sent
        service = self.service(sent.get("cluster"), sent["service"])
        statuses, created = sent.get("status") or [], sent.get("createdAt") or {}
        found = [
            deployment
            for deployment in service.service_deployments
            if (not statuses or deployment.status in statuses) and _within(deployment.created_at, created)
        ]
        documents = [views.service_deployment_brief(deployment) for deployment in found]
        return self.page(documents, "serviceDeployments", default=_LIST_PAGE)

    def describe_service_deployments(self) -> Answer:
        arns = _at_most(self.sent["serviceDeploymentArns"])
        known = {deployment.arn: deployment for deployment in self._deployments()}
        found = [views.service_deployment(known[arn]) for arn in arns if arn in known]
        return answer({"serviceDeployments": found, "failures": _missing(arns, known)})

    def describe_service_revisions(self) -> Answer:
        arns = _at_most(self.sent["serviceRevisionArns"])
        known: dict[str, ServiceRevision] = {}
        for service in self.ecs_backend.services.values():
            known.update(service.revisions)
        found = [views.service_revision(known[arn]) for arn in arns if arn in known]
        return answer({"serviceRevisions": found, "failures": _missing(arns, known)})

    def stop_service_deployment(self) -> Answer:
        sent = self.sent
        arn = sent["serviceDeploymentArn"]
        deployment = next((each for each in self._deployments() if each.arn == arn), None)
        if deployment is None:
            raise errors.service_deployment_not_found()
        if (sent.get("stopType") or "ROLLBACK") != "ROLLBACK":
            raise errors.invalid_parameter("The only valid stop type is ROLLBACK.")
        if not deployment.status.stoppable:
            raise errors.conflict(f"The service deployment is in the {deployment.status} state and can't be stopped.")
        self.scheduler.rollout.request_stop(deployment)
        return answer({"serviceDeploymentArn": arn})

    def _deployments(self) -> Iterable[ServiceDeployment]:
        for service in self.ecs_backend.services.values():
            yield from service.service_deployments


def _at_most(arns: list[str]) -> list[str]:
    if not 1 <= len(arns) <= _MOST_DESCRIBED:
        raise errors.invalid_parameter(f"Between 1 and {_MOST_DESCRIBED} ARNs must be given.")
    return arns


def _missing(arns: Iterable[str], known: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in known]


def _within(moment: datetime, bounds: Mapping[str, Any]) -> bool:
    after, before = bounds.get("after"), bounds.get("before")
    return (after is None or moment > _aware(after)) and (before is None or moment < _aware(before))


def _aware(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), UTC)
