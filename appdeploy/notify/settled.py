"""Notifies of releases that were settled after their commands had ended. The command that settles the entry sends it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from appdeploy.aws.clients import EventsClient
from appdeploy.model.ledger_entry import Entry
from appdeploy.notify.eventbridge import SendFailed, put
from appdeploy.notify.notification import ended

_log = logging.getLogger(__name__)


def notify_settled(client: EventsClient, bus: str | None, entries: Sequence[Entry]) -> None:
    """Send a notification for each release. A failure is logged as a warning and ignored."""
    notifications = [notification for notification in map(ended, entries) if notification is not None]
    if bus is None or not notifications:
        return
    try:
        put(client, bus, notifications)
    except SendFailed as error:
        ids = ", ".join(notification.detail.id for notification in notifications)
        _log.warning("notification that %s settled failed: EventBridge did not take it: %s", ids, error)
