"""Decides from a release's events which notifications are sent, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from appdeploy.ledger.fold import ReleaseFold
from appdeploy.model import events
from appdeploy.model.errors import described
from appdeploy.model.events import CountStep, Emit, Event, NotificationFailed, Phase, Progress, Started
from appdeploy.model.release_id import ROLLBACK, kind_of
from appdeploy.notify import notification as notifications
from appdeploy.notify.notification import Notification

if TYPE_CHECKING:
    from appdeploy.model.ledger_entry import Entry


class Sender(Protocol):
    """Sends notifications, such as appdeploy.notify.eventbridge.EventBridgeSender."""

    def send(self, bus: str, notification: Notification) -> None: ...

    def wait(self) -> str | None: ...


class Notifier:
    """Subscribes to a release's events. A release that changed nothing sends no notification."""

    def __init__(self, sender: Sender, emit: Emit) -> None:
        self._sender = sender
        self._emit = emit
        self._fold = ReleaseFold()
        self._serving: set[str] = set()
        self._live_sent = False

    def on_event(self, event: Event) -> None:
        """See appdeploy.notify.fanout.Subscriber."""
        first = not self._fold.changed
        self._fold.apply(event)
        match event:
            case Started() | CountStep() if first:
                self._send_built(notifications.started)
            case Progress(service, Phase.LIVE):
                self._service_live(service)
            case events.Ended():
                self._end()

    def end(self, error: BaseException | None) -> None:
        """See Subscriber. Outcomes were sent with their events."""
        entry = self._fold.entry
        if error is None or entry is None or not self._fold.changed:
            return
        code, _ = described(error)
        self._send(notifications.interrupted(entry, code))
        self._report_send_errors()

    def _service_live(self, service: str) -> None:
        """Send `live` once all services are live; not for a rollback, which a late write may still replace."""
        self._serving.add(service)
        plan = self._fold.plan
        if plan is None or self._live_sent or kind_of(plan.release_id) == ROLLBACK:
            return
        if self._serving >= {each.contract.name for each in plan.changed}:
            self._live_sent = True
            self._send_built(notifications.live)

    def _end(self) -> None:
        plan, entry = self._fold.plan, self._fold.entry
        if plan is None or entry is None or not (self._fold.changed or plan.is_open):
            return
        final = notifications.ended(entry)
        if final is not None and not (final.kind is notifications.Kind.LIVE and self._live_sent):
            self._send(final)
        self._report_send_errors()

    def _send_built(self, make: Callable[[Entry], Notification]) -> None:
        assert self._fold.entry is not None
        self._send(make(self._fold.entry))

    def _send(self, notification: Notification) -> None:
        plan = self._fold.plan
        if plan is not None and plan.event_bus is not None:
            self._sender.send(plan.event_bus, notification)

    def _report_send_errors(self) -> None:
        """Wait for the sender before the last event is shown, and report a failed notification with it."""
        error = self._sender.wait()
        if error is not None:
            self._emit(NotificationFailed(error))
