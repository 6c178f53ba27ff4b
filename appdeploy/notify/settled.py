"""Tells of releases that ECS has decided after their commands had ended: whoever writes that into the ledger sends it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from appdeploy.aws.clients import EventsClient
from appdeploy.model.ledger_entry import Entry
from appdeploy.notify.eventbridge import Unsent, put
from appdeploy.notify.notification import ended

_log = logging.getLogger(__name__)


def notify_settled(client: EventsClient, bus: str | None, entries: Sequence[Entry]) -> None:
    """Send a notice of each release. One that cannot be sent is logged as a warning, and stops nothing."""
    releases = (entry for entry in entries if not any(service.count for service in entry.services.values()))
    notices = [notice for notice in map(ended, releases) if notice is not None]
    if bus is None or not notices:
        return
    try:
        put(client, bus, notices)
    except Unsent as error:
        ids = ", ".join(notice.detail.id for notice in notices)
        _log.warning("notification that %s settled failed: EventBridge rejected it: %s", ids, error)
