"""Resumes an interrupted change of a task count, from its ledger entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from appdeploy.model.errors import Refused
from appdeploy.model.release_id import ReleaseId, moment_of
from appdeploy.scaling.hold import utc_now
from appdeploy.scaling.plan import ScalePlan, ScaleRequest
from appdeploy.scaling.read import Prepared, Request, prepare_scale

if TYPE_CHECKING:
    from datetime import datetime

    from appdeploy.aws.clients import Clients
    from appdeploy.model.ledger_entry import CountChange, Entry


def request_of(change: CountChange, now: datetime) -> ScaleRequest:
    """The remaining request: a hold that has expired by now is released, and its count is not set any more."""
    if change.hold_until is None:
        return ScaleRequest(change.target, release=change.releases_hold)
    left = change.hold_until - now
    return ScaleRequest(change.target, hold=left) if left > timedelta(0) else ScaleRequest(None, release=True)


def prepare_resumed(entry: Entry, clients: Clients) -> Prepared:
    """The plan of the remaining change, under the same id. Raises Refused."""
    [(name, service)] = entry.services.items()
    if service.settled:
        raise Refused(f"{entry.id} is settled: {service.outcome}; there is nothing to resume")
    assert service.count is not None, "an entry of this kind has a count"
    request = Request(
        environment=entry.environment,
        service=name,
        scale=request_of(service.count, utc_now()),
        reason=entry.reason,
        change_ticket=entry.change_ticket,
        release_id=ReleaseId(entry.id),
    )
    again = prepare_scale(request, clients)
    frame = replace(again.plan, purpose=f"{entry.purpose}, resumed", entry=entry, protected=False)
    return Prepared(again.scale, frame, superseded_by(entry.id, service.count, again.scale))


def superseded_by(release_id: str, change: CountChange, plan: ScalePlan) -> str | None:
    """A newer hold or count that must not be overwritten, in words; None otherwise."""
    hold = plan.current.hold
    if hold is not None and moment_of(hold.release) > moment_of(release_id):
        return f"{hold.release} has held the count since"
    if change.target is not None and plan.previous not in (change.previous, change.target):
        return f"the count was set to {plan.previous} meanwhile, by autoscaling or manually"
    return None
