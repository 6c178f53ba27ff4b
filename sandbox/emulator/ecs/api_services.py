"""Operations on services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.emulator.ecs import configuration, errors, validation, views
from sandbox.emulator.ecs.api import Answer, EcsApiBase, answer
from sandbox.emulator.ecs.model import Service, ServiceStatus
from sandbox.emulator.journal import Kind

_KEPT = (
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "platformVersion",
    "placementConstraints",
    "placementStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "monitoring",
)
"""What CreateService and UpdateService both take and keep as it was sent."""
_DEPLOYS = frozenset(
    {
        "loadBalancers",
        "serviceRegistries",
        "platformVersion",
        "networkConfiguration",
        "serviceConnectConfiguration",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
    }
)
"""Of these, the ones whose change starts a deployment (API reference, UpdateService: "This parameter triggers a new
service deployment")."""
_MOST_DESCRIBED = 10
_LIST_PAGE = 10


class ServicesApi(EcsApiBase):
    """Create, update, describe, list and delete."""

    def create_service(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        key = f"{cluster.name}:{sent['serviceName']}"
        existing = self.ecs_backend.services.get(key)
        if existing is not None and existing.status is not ServiceStatus.INACTIVE:
            return self._created_before(existing, sent)
        definition = self.active_definition(sent["taskDefinition"])
        validation.network_fits(self.ecs_backend, definition, sent.get("networkConfiguration"))
        validation.load_balancers_fit(definition, sent.get("loadBalancers") or [])
        service = self._new_service(cluster, definition, sent)
        if service.desired_count:
            validation.can_deploy(service.configuration, service.launch_type)
        self.ecs_backend.services[key] = service
        self._note(Kind.SERVICE_CREATED, service)
        self.scheduler.rollout.start(service)
        if not service.desired_count:
            # With nothing to start, the first deployment is complete from the beginning.
            self.scheduler.step_service(service)
        return answer({"service": views.service(service)})

    def _created_before(self, existing: Service, sent: Mapping[str, Any]) -> Answer:
        if existing.status is ServiceStatus.DRAINING:
            raise errors.invalid_parameter("Unable to Start a service that is still Draining.")
        if sent.get("clientToken") and sent["clientToken"] == existing.client_token:
            return answer({"service": views.service(existing)})
        raise errors.invalid_parameter("Creation of service was not idempotent.")

    def _new_service(self, cluster: Any, definition: Any, sent: Mapping[str, Any]) -> Service:
        account, region, name = self.current_account, self.region, sent["serviceName"]
        return Service(
            arn=f"arn:aws:ecs:{region}:{account}:service/{cluster.name}/{name}",
            name=name,
            account=account,
            region=region,
            cluster_name=cluster.name,
            cluster_arn=cluster.arn,
            task_definition=definition.arn,
            desired_count=int(sent.get("desiredCount") or 0),
            configuration=configuration.create(sent.get("deploymentConfiguration") or {}),
            settings=_settings(sent),
            tags=[dict(tag) for tag in sent.get("tags") or []],
            created_at=self.scheduler.now(),
            created_by=f"arn:aws:iam::{account}:root",
            client_token=sent.get("clientToken"),
        )

    def update_service(self) -> Answer:
        sent = self.sent
        service = self.service(sent.get("cluster"), sent["service"])
        if service.status is not ServiceStatus.ACTIVE:
            raise errors.service_not_active()
        definition = (self.active_definition if sent.get("taskDefinition") else self.definition)(
            sent.get("taskDefinition") or service.task_definition
        )
        changed = {name: sent[name] for name in _KEPT if name in sent}
        wanted = {**service.settings, **changed}
        merged = configuration.merge(service.configuration, sent.get("deploymentConfiguration") or {})
        deploys = (
            bool(sent.get("forceNewDeployment"))
            or definition.arn != service.task_definition
            or any(wanted[name] != service.settings.get(name) for name in _DEPLOYS & set(changed))
        )
        if deploys:
            validation.network_fits(self.ecs_backend, definition, wanted.get("networkConfiguration"))
            validation.load_balancers_fit(definition, wanted["loadBalancers"])
            validation.can_deploy(merged, service.launch_type)
        self._note(Kind.SERVICE_UPDATED, service)
        service.task_definition, service.settings, service.configuration = definition.arn, wanted, merged
        if sent.get("desiredCount") is not None:
            self.scheduler.rollout.set_count(service, int(sent["desiredCount"]))
        if deploys:
            self.scheduler.rollout.start(service)
        return answer({"service": views.service(service)})

    def delete_service(self) -> Answer:
        sent = self.sent
        service = self.service(sent.get("cluster"), sent["service"])
        if service.status is ServiceStatus.INACTIVE:
            raise errors.service_not_active()
        if service.desired_count and not sent.get("force"):
            raise errors.invalid_parameter("The service cannot be stopped while it is scaled above 0.")
        self._note(Kind.SERVICE_DELETED, service)
        service.status = ServiceStatus.DRAINING
        self.scheduler.rollout.set_count(service, 0)
        self.scheduler.rollout.abandon(service)
        return answer({"service": views.service(service)})

    def describe_services(self) -> Answer:
        names = self.sent.get("services") or []
        if not names:
            raise errors.invalid_parameter("Services cannot be empty.")
        if len(names) > _MOST_DESCRIBED:
            raise errors.invalid_parameter(f"Services must have {_MOST_DESCRIBED} elements at most.")
        cluster = self.cluster(self.sent.get("cluster"), must_be_active=False)
        found, failures = [], []
        for name in names:
            service = self._find(cluster, name)
            if service is not None:
                found.append(service)
            else:
                failures.append({"arn": self._service_arn(cluster, name), "reason": "MISSING"})
        return answer({"services": [self._service_view(service) for service in found], "failures": failures})

    def list_services(self) -> Answer:
        sent = self.sent
        cluster = self.cluster(sent.get("cluster"))
        arns = sorted(
            service.arn
            for service in self.ecs_backend.services.values()
            if service.cluster_name == cluster.name
            and service.status is not ServiceStatus.INACTIVE
            and sent.get("launchType") in (None, service.launch_type)
            and sent.get("schedulingStrategy") in (None, service.scheduling_strategy)
        )
        return self.page(arns, "serviceArns", default=_LIST_PAGE)

    def _note(self, kind: Kind, service: Service) -> None:
        self.scheduler.journal.add(kind, service.arn, sent=self.sent, by=self.caller)

    def service(self, cluster: str | None, name: str) -> Service:
        """A service by name or ARN. Raises ServiceNotFoundException."""
        service = self._find(self.cluster(cluster), name)
        if service is None:
            raise errors.service_not_found()
        return service

    def _find(self, cluster: Any, name: str) -> Service | None:
        service: Service | None = self.ecs_backend.services.get(f"{cluster.name}:{name.split('/')[-1]}")
        return service if service is not None and name in (service.name, service.arn) else None

    def _service_arn(self, cluster: Any, name: str) -> str:
        prefix = f"arn:aws:ecs:{self.region}:{self.current_account}:service/{cluster.name}/"
        return name if name.startswith("arn:") else prefix + name

    def _service_view(self, service: Service) -> views.Document:
        document = views.service(service)
        if not self.tags_wanted():
            del document["tags"]
        return document


def _settings(sent: Mapping[str, Any]) -> dict[str, Any]:
    """A new service's settings with AWS's defaults (API reference, CreateService)."""
    strategy = sent.get("capacityProviderStrategy")
    defaults: dict[str, Any] = {
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": sent.get("schedulingStrategy") or "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED",
        "platformVersion": "LATEST",
    }
    if not strategy:
        defaults["launchType"] = sent.get("launchType") or "EC2"
    if sent.get("loadBalancers"):
        defaults["healthCheckGracePeriodSeconds"] = 0
    return {**defaults, **{name: sent[name] for name in _KEPT if sent.get(name) is not None}}
