"""What ECS remembers of a service's deployments: 90 days (docs.aws.amazon.com/AmazonECS/latest/developerguide/
view-service-deployment.html). No other record is needed to roll back.

One call lists a hundred deployments without saying what they deployed; another tells that for twenty of them. So of a
long past only those are looked at that decide.
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
"""Deployments looked at on either side of a moment."""


@dataclass(frozen=True)
class HistoryReader:
    """A service's deployments that succeeded. What they deployed is read when it is asked for.

    The template counts as no success: ECS takes the service's creation for one, and it has no image.
    """

    ecs: ECSClient
    contract: ServiceContract
    succeeded: tuple[ServiceDeployment, ...]
    """Newest first."""
    rolling_back: bool
    """Whether ECS is about to take the newest deployment back right now."""

    @property
    def is_long(self) -> bool:
        """Whether one call cannot tell all of it."""
        return len(self.succeeded) > REVISIONS_AT_ONCE

    def whole(self) -> DeploymentHistory:
        """All of it: a call for every twenty, side by side."""
        return self._read(self.succeeded)

    def newest(self) -> DeploymentHistory:
        """The newest twenty, in one call."""
        return self._read(self.succeeded[:REVISIONS_AT_ONCE])

    def count_since(self, moment: datetime) -> int:
        """How many are not older than the moment."""
        return sum(1 for record in self.succeeded if record.created >= moment)

    def around(self, moment: datetime) -> DeploymentHistory:
        """Those next to a moment on either side, in one call."""
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
    """What succeeded, and when: one call for each hundred deployments."""
    records = newest_deployments(ecs, cluster, contract.service, _RELEVANT)
    return HistoryReader(
        ecs,
        contract,
        tuple(record for record in records if record.status is DeploymentStatus.SUCCESSFUL),
        any(record.status in _ROLLING_BACK for record in records),
    )


def find_target(reader: HistoryReader, primary: str, registered: Callable[[], datetime | None]) -> str | None:
    """As `way_back` of the whole past, with one call of DescribeServiceRevisions in nearly every case.

    In a long past the first one of `primary` is looked for where it must be: right after the
    task definition was registered, before which nothing can have run it. `registered` tells when that was, or None when
    nobody knows any more; it is asked in that case alone.
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
