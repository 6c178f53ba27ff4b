"""Reads the holds of task counts, for `appdeploy status`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from appdeploy.model.contract import ServiceContract
from appdeploy.scaling.hold import Hold, HoldStore, utc_now
from appdeploy.scaling.target import Target, read_targets
from appdeploy.status.report import HoldStatus

if TYPE_CHECKING:
    from appdeploy.aws.clients import Clients


def read_holds(clients: Clients, table: str, services: Sequence[ServiceContract]) -> dict[str, HoldStatus]:
    """The services with suspended autoscaling or a recorded hold. Two calls. Errors of the SDK are raised."""
    targets, holds, now = read_targets(clients.autoscaling, services), HoldStore(clients.dynamodb, table).read(), utc_now()
    found = {name: hold_status(target, holds.get(name), now) for name, target in targets.items()}
    return {name: status for name, status in found.items() if status is not None}


def hold_status(target: Target, hold: Hold | None, now: datetime) -> HoldStatus | None:
    """The status to show; None if autoscaling works as usual."""
    if hold is None:
        return HoldStatus(suspended=True) if target.suspended else None
    return HoldStatus(
        suspended=target.suspended,
        until=datetime.fromisoformat(hold.until),
        expired=hold.has_expired(now),
        who=hold.who,
        why=hold.why or None,
    )
