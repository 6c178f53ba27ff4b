"""Carries on a change of a count that was interrupted, from its entry in the ledger."""

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
    """What is left to be wished: a hold that is over by now is let go, and with it the count that it was to keep."""
    if change.hold_until is None:
        return ScaleRequest(change.target, release=change.releases_hold)
    left = change.hold_until - now
    return ScaleRequest(change.target, hold=left) if left > timedelta(0) else ScaleRequest(None, release=True)


def prepare_resumed(entry: Entry, clients: Clients) -> Prepared:
    """The plan of what is left, under the same id. Raises Refused."""
    [(name, service)] = entry.services.items()
    if service.settled:
        raise Refused(f"{entry.id} is settled: {service.outcome}; nothing is left to be done")
    assert service.count is not None, "an entry of this kind is about a count"
    request = Request(
        environment=entry.environment,
        service=name,
        scale=request_of(service.count, utc_now()),
        reason=entry.reason,
        change_ticket=entry.change_ticket,
        release_id=ReleaseId(entry.id),
    )
    again = prepare_scale(request, clients)
    frame = replace(again.plan, purpose=f"{entry.purpose}, resumed")
    return Prepared(again.scale, frame, superseded_by(entry.id, service.count, again.scale))


def superseded_by(release_id: str, change: CountChange, plan: ScalePlan) -> str | None:
    """What somebody did since, if that has the last word: another hold, or another count."""
    hold = plan.current.hold
    if hold is not None and moment_of(hold.release) > moment_of(release_id):
        return f"{hold.release} holds the count since"
    if change.target is not None and plan.previous not in (change.previous, change.target):
        return f"the count was set to {plan.previous} meanwhile, by autoscaling or by somebody"
    return None
