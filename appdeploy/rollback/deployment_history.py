"""ECS's records of a service's deployments: 90 days (docs.aws.amazon.com/AmazonECS/latest/developerguide/
view-service-deployment.html). A rollback needs no other record.

One call lists a hundred deployments without their task definitions; another call returns those of twenty. So only the
deployments of a long history that decide are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appdeploy.aws.current_state import on_template
from appdeploy.aws.deployments import REVISIONS_AT_ONCE, deployed_definitions, newest_deployments
from appdeploy.aws.own_writes import deployment_of
from appdeploy.model.ecs_state import DeploymentStatus, ServiceDeployment
from appdeploy.rollback.choose_target import CompletedDeployment, DeploymentHistory, candidates

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

    from appdeploy.model.contract import ServiceContract

_ROLLING_BACK = (
    DeploymentStatus.ROLLBACK_REQUESTED,
    DeploymentStatus.ROLLBACK_IN_PROGRESS,
    DeploymentStatus.STOP_REQUESTED,
)
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
    stopped: frozenset[str] = frozenset()
    """Ids of the deployments that ECS calls STOPPED: replaced before they were complete, or failed without a rollback."""
    taken_back: datetime | None = None
    """When the newest deployment began, if it has failed: then the last success serves already."""

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
    records = newest_deployments(ecs, cluster, contract.service)
    newest = records[0] if records else None
    failed = newest is not None and newest.status.is_final and newest.status is not DeploymentStatus.SUCCESSFUL
    return HistoryReader(
        ecs,
        contract,
        tuple(record for record in records if record.status is DeploymentStatus.SUCCESSFUL),
        any(record.status in _ROLLING_BACK for record in records),
        frozenset(deployment_of(record.revision) for record in records if record.status is DeploymentStatus.STOPPED),
        newest.created if newest is not None and failed else None,
    )


def find_candidates(reader: HistoryReader, primary: str, registered: Callable[[], datetime | None]) -> Iterator[str]:
    """As `candidates` of the whole history; the first of them nearly always with one call of DescribeServiceRevisions.

    In a long history the first deployment of `primary` is searched right after its task definition was registered. Only
    then `registered` is called; it returns that time, or None if not known. The whole history is read when those of a part
    are used up.
    """
    found = _candidates_of_a_part(reader, primary, registered)
    yield from found
    if reader.is_long:
        yield from (item for item in candidates(reader.whole(), primary) if item not in found)


def _candidates_of_a_part(reader: HistoryReader, primary: str, registered: Callable[[], datetime | None]) -> tuple[str, ...]:
    if reader.rolling_back or not reader.is_long:
        return candidates(reader.newest(), primary)
    moment = registered()
    if moment is None:
        return ()
    history = reader.around(moment)
    is_complete = history.holds(primary) or reader.count_since(moment) <= _SIDE
    return candidates(history, primary) if is_complete else ()
