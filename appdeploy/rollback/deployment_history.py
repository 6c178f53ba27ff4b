"""ECS's records of a service's deployments: 90 days (docs.aws.amazon.com/AmazonECS/latest/developerguide/
view-service-deployment.html). A rollback needs no other record.

One call lists a hundred deployments without their task definitions; another call returns those of twenty. So only the
deployments of a long history that decide are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import on_template
from appdeploy.aws.deployments import REVISIONS_AT_ONCE, deployed_definitions, newest_deployments
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment
from appdeploy.rollback.choose_target import CompletedDeployment, DeploymentHistory, choose_target

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.contract import ServiceContract

_ROLLING_BACK = (
    DeploymentStatus.ROLLBACK_REQUESTED,
    DeploymentStatus.ROLLBACK_IN_PROGRESS,
    DeploymentStatus.STOP_REQUESTED,
)
_RELEVANT = (DeploymentStatus.SUCCESSFUL, *_ROLLING_BACK)
_SIDE = REVISIONS_AT_ONCE // 2
"""Deployments read on either side of a moment."""


@dataclass(frozen=True)
class HistoryReader:
    """A service's successful deployments. Their task definitions are read on demand.

    Deployments of the template do not count: ECS records the service's creation as one, and it has no image.
    """

    ecs: ECSClient
    contract: ServiceContract
    succeeded: tuple[ServiceDeployment, ...]
    """Newest first."""
    rolling_back: bool
    """Whether ECS is rolling the newest deployment back now."""

    @property
    def is_long(self) -> bool:
        """Whether it takes more than one call to read."""
        return len(self.succeeded) > REVISIONS_AT_ONCE

    def whole(self) -> DeploymentHistory:
        """All of it: one call per twenty deployments, in parallel."""
        return self._read(self.succeeded)

    def newest(self) -> DeploymentHistory:
        """The newest twenty, in one call."""
        return self._read(self.succeeded[:REVISIONS_AT_ONCE])

    def count_since(self, moment: datetime) -> int:
        """How many are at or after the moment."""
        return sum(1 for record in self.succeeded if record.created >= moment)

    def around(self, moment: datetime) -> DeploymentHistory:
        """The deployments around a moment, in one call."""
        later = self.count_since(moment)
        return self._read(self.succeeded[max(0, later - _SIDE) : later + _SIDE])

    def _read(self, records: Sequence[ServiceDeployment]) -> DeploymentHistory:
        definitions = deployed_definitions(self.ecs, (record.revision for record in records))
        completed = (
            CompletedDeployment(definitions[record.revision], record.created)
            for record in records
            if record.revision in definitions
        )
        return DeploymentHistory(
            tuple(item for item in completed if not on_template(self.contract, item.task_definition)), self.rolling_back
        )


def read_history(ecs: ECSClient, cluster: str, contract: ServiceContract) -> HistoryReader:
    """The successful deployments: one call per hundred deployments."""
    records = newest_deployments(ecs, cluster, contract.service, _RELEVANT)
    return HistoryReader(
        ecs,
        contract,
        tuple(record for record in records if record.status is DeploymentStatus.SUCCESSFUL),
        any(record.status in _ROLLING_BACK for record in records),
    )


def find_target(reader: HistoryReader, primary: str, registered: Callable[[], datetime | None]) -> str | None:
    """As `choose_target` of the whole history, nearly always with one call of DescribeServiceRevisions.

    In a long history the first deployment of `primary` is searched right after its task definition was registered. Only
    then `registered` is called; it returns that time, or None if not known.
    """
    if reader.rolling_back or not reader.is_long:
        return choose_target(reader.newest(), primary)
    moment = registered()
    if moment is not None:
        history = reader.around(moment)
        found = choose_target(history, primary)
        if found and (history.holds(primary) or reader.count_since(moment) <= _SIDE):
            return found
    return choose_target(reader.whole(), primary)
