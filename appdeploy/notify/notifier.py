"""Decides from a release's events what people are told, and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from appdeploy.ledger.fold import ReleaseFold
from appdeploy.model import events
from appdeploy.model.errors import described
from appdeploy.model.events import Emit, Event, NotificationFailed, Phase, Progress, Started
from appdeploy.model.release_id import ROLLBACK, kind_of
from appdeploy.notify import notification as notice
from appdeploy.notify.notification import Notification

if TYPE_CHECKING:
    from appdeploy.model.ledger_entry import Entry


class Sender(Protocol):
    """Who sends: appdeploy.notify.eventbridge.Post."""

    def send(self, bus: str, notice: Notification) -> None: ...

    def wait(self) -> str | None: ...


class Notifier:
    """Hears a release along. Nobody is told of one that changed nothing."""

    def __init__(self, sender: Sender, emit: Emit) -> None:
        self._sender = sender
        self._emit = emit
        self._fold = ReleaseFold()
        self._serving: set[str] = set()
        self._live_sent = False

    def on_event(self, event: Event) -> None:
        """See appdeploy.notify.fanout.Aside."""
        first = not self._fold.changed
        self._fold.apply(event)
        match event:
            case Started() if first:
                self._send_built(notice.started)
            case Progress(service, Phase.LIVE):
                self._service_live(service)
            case events.Ended():
                self._end()

    def end(self, error: BaseException | None) -> None:
        """See Aside: an outcome was told with its event."""
        entry = self._fold.entry
        if error is None or entry is None or not self._fold.changed:
            return
        code, _ = described(error)
        self._send(notice.interrupted(entry, code))
        self._report_send_errors()

    def _service_live(self, service: str) -> None:
        """Of several services the last one; a rollback's may still be undone by a late write."""
        self._serving.add(service)
        plan = self._fold.plan
        if plan is None or self._live_sent or kind_of(plan.release_id) == ROLLBACK:
            return
        if self._serving >= {each.contract.name for each in plan.changed}:
            self._live_sent = True
            self._send_built(notice.live)

    def _end(self) -> None:
        plan, entry = self._fold.plan, self._fold.entry
        if plan is None or entry is None or not (self._fold.changed or plan.is_open):
            return
        said = notice.ended(entry)
        if said is not None and not (said.kind is notice.Kind.LIVE and self._live_sent):
            self._send(said)
        self._report_send_errors()

    def _send_built(self, make: Callable[[Entry], Notification]) -> None:
        assert self._fold.entry is not None
        self._send(make(self._fold.entry))

    def _send(self, said: Notification) -> None:
        plan = self._fold.plan
        if plan is not None and plan.event_bus is not None:
            self._sender.send(plan.event_bus, said)

    def _report_send_errors(self) -> None:
        """Before the last event is shown: what could not be told is heard of with it."""
        trouble = self._sender.wait()
        if trouble is not None:
            self._emit(NotificationFailed(trouble))
