"""The events of an operation with all that receive them: the console, its subscribers, and the notifications."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appdeploy.aws import clients as aws
from appdeploy.notify.eventbridge import EventBridgeSender
from appdeploy.notify.fanout import EventFanout
from appdeploy.notify.notifier import Notifier

if TYPE_CHECKING:
    from appdeploy.app.console import Console
    from appdeploy.aws.clients import Clients


@contextmanager
def subscribed(console: Console, region: str | None) -> Iterator[tuple[EventFanout, Clients]]:
    """The fan-out of an operation's events, and its clients. All receivers learn how it ends."""
    with EventFanout(console.show, console.clock) as emit:
        for subscriber in console.subscribers:
            emit.subscribe(subscriber)
        clients = aws.connect(region)
        emit.subscribe(Notifier(EventBridgeSender(clients.once.events), emit))
        yield emit, clients
