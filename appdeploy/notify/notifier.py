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
        self._account = ReleaseFold()
        self._serving: set[str] = set()
        self._said_live = False

    def on_event(self, event: Event) -> None:
        """See appdeploy.notify.fanout.Aside."""
        first = not self._account.changed
        self._account.apply(event)
        match event:
            case Started() if first:
                self._tell(notice.started)
            case Progress(service, Phase.LIVE):
                self._serve(service)
            case events.Ended():
                self._end()

    def end(self, error: BaseException | None) -> None:
        """See Aside: an outcome was told with its event."""
        entry = self._account.entry
        if error is None or entry is None or not self._account.changed:
            return
        code, _ = described(error)
        self._send(notice.interrupted(entry, code))
        self._settle_up()

    def _serve(self, service: str) -> None:
        """Of several services the last one; a rollback's may still be undone by a late write."""
        self._serving.add(service)
        plan = self._account.plan
        if plan is None or self._said_live or kind_of(plan.release_id) == ROLLBACK:
            return
        if self._serving >= {each.contract.name for each in plan.changed}:
            self._said_live = True
            self._tell(notice.live)

    def _end(self) -> None:
        plan, entry = self._account.plan, self._account.entry
        if plan is None or entry is None or not (self._account.changed or plan.is_open):
            return
        said = notice.ended(entry)
        if said is not None and not (said.kind is notice.Kind.LIVE and self._said_live):
            self._send(said)
        self._settle_up()

    def _tell(self, make: Callable[[Entry], Notification]) -> None:
        assert self._account.entry is not None
        self._send(make(self._account.entry))

    def _send(self, said: Notification) -> None:
        plan = self._account.plan
        if plan is not None and plan.event_bus is not None:
            self._sender.send(plan.event_bus, said)

    def _settle_up(self) -> None:
        """Before the last event is shown: what could not be told is heard of with it."""
        trouble = self._sender.wait()
        if trouble is not None:
            self._emit(NotificationFailed(trouble))
