"""Sends notifications to EventBridge. Only the end of a command waits for them, for two seconds at most."""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue
from threading import Event, Thread

from appdeploy.aws.clients import EventsClient
from appdeploy.aws.errors import AwsError, explain
from appdeploy.notify.notification import SOURCE, Notification

SECONDS = 2.0
"""How long a command waits for all its notifications; the client makes one attempt, with timeouts of a second."""
_ENTRIES = 10
"""Entries in one call (docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html)."""


class SendFailed(Exception):
    """EventBridge rejected a notification, or did not answer. One line."""


def put(client: EventsClient, bus: str, notifications: Sequence[Notification]) -> None:
    """Send notifications to a bus, by its ARN or name. Raises SendFailed."""
    for start in range(0, len(notifications), _ENTRIES):
        try:
            reply = client.put_events(
                Entries=[_entry(bus, notification) for notification in notifications[start : start + _ENTRIES]]
            )
        except AwsError as error:
            raise SendFailed(explain(error)) from None
        # "Each entry in the response array corresponds to an entry in the request": one that failed has a code.
        for entry in reply["Entries"]:
            if "ErrorCode" in entry:
                raise SendFailed(f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}")


class EventBridgeSender:
    """Sends notifications in its own thread, in order."""

    def __init__(self, client: EventsClient) -> None:
        self._client = client
        self._queue: SimpleQueue[tuple[str, Notification] | Event] = SimpleQueue()
        self._started = False
        self._error: str | None = None

    def send(self, bus: str, notification: Notification) -> None:
        """Queue a notification; does not wait."""
        if not self._started:
            # A daemon thread: an unreachable bus must not keep the process alive.
            Thread(target=self._work, name="notifications", daemon=True).start()
            self._started = True
        self._queue.put((bus, notification))

    def wait(self) -> str | None:
        """Wait for the queued notifications. Returns the last error since the previous call, or None."""
        if not self._started:
            return None
        done = Event()
        self._queue.put(done)
        in_time = done.wait(SECONDS)
        error, self._error = self._error, None
        return error if in_time else error or f"no answer within {SECONDS:g} s"

    def _work(self) -> None:
        while True:
            match self._queue.get():
                case Event() as done:
                    done.set()
                case (bus, notification):
                    self._try(bus, notification)

    def _try(self, bus: str, notification: Notification) -> None:
        try:
            put(self._client, bus, [notification])
        except SendFailed as error:
            self._error = str(error)


def _entry(bus: str, notification: Notification) -> dict[str, str]:
    return {
        "Source": SOURCE,
        "DetailType": notification.kind.value,
        "Detail": notification.detail.model_dump_json(),
        "EventBusName": bus,
    }
