"""One service of a release on its way: what is watched, and how its update began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appdeploy.model.ecs_state import ServiceName
from appdeploy.model.outcome import ServiceResult
from appdeploy.model.plan import ServicePlan

if TYPE_CHECKING:
    pass

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Rollout:
    """One service's release under way."""

    plan: ServicePlan
    service: ServiceName
    task_definition: str
    deployment_id: str
    """Our deployment's id: the outcome is decided by it alone."""

    @property
    def name(self) -> str:
        """The service's short name."""
        return self.plan.contract.name

    @property
    def version(self) -> str:
        """What people call what will run."""
        return self.plan.version


@dataclass(frozen=True)
class StartedRollouts:
    """How the updates went: what is under way, and the services for which it ended there."""

    rollouts: tuple[Rollout, ...]
    results: tuple[ServiceResult, ...]


def unchanged_serving(service: ServicePlan) -> str:
    """What serves while a service was not touched, in words."""
    return f"{service.previous.version} serves as before" if service.previous.version else "not released yet"
