"""A running rollout of one service, and the result of starting rollouts."""

from __future__ import annotations

from dataclasses import dataclass

from appdeploy.model.ecs_state import ServiceName
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import ServicePlan


@dataclass(frozen=True)
class Rollout:
    """A running rollout of one service."""

    plan: ServicePlan
    service: ServiceName
    task_definition: str
    deployment_id: str
    """Our deployment's id: it alone decides the outcome."""

    @property
    def name(self) -> str:
        """The service's short name."""
        return self.plan.contract.name

    @property
    def version(self) -> str:
        """Display name of the version that will run."""
        return self.plan.version


@dataclass(frozen=True)
class StartedRollouts:
    """The rollouts that were started, and the results of services whose update failed."""

    rollouts: tuple[Rollout, ...]
    results: tuple[ServiceResult, ...]


def unchanged_serving(service: ServicePlan) -> str:
    """What serves if the service was not changed, in words."""
    return f"{service.previous.version} still serves" if service.previous.version else "not released yet"
