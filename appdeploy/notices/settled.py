"""Tells of releases that ECS has decided after their commands had ended: whoever writes that into the ledger sends it."""

from __future__ import annotations

from collections.abc import Sequence

from appdeploy.ledger.entry import Entry
from appdeploy.notices.notice import over
from appdeploy.notices.post import EventsClient, Unsent, put
from appdeploy.render.plain import report_problem


def tell_settled(client: EventsClient, bus: str | None, entries: Sequence[Entry]) -> None:
    """Send a notice of each release. One that cannot be sent is a line on standard error, and stops nobody."""
    releases = (entry for entry in entries if not any(service.count for service in entry.services.values()))
    notices = [notice for notice in map(over, releases) if notice is not None]
    if bus is None or not notices:
        return
    try:
        put(client, bus, notices)
    except Unsent as error:
        ids = ", ".join(notice.detail.id for notice in notices)
        report_problem([f"not everybody was told that {ids} settled, EventBridge did not take the notice: {error}"])
