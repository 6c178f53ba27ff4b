"""The record of every AWS call, so that a test can say that a command changed nothing."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from sandbox.emulator.awsrequest import AwsCall

KEPT = 200_000
"""How many of the newest calls are kept."""


@dataclass(frozen=True)
class Call:
    """An answered call."""

    n: int
    """Its number since the record began, from 1; emptying the record does not reset it."""
    time: datetime
    service: str
    action: str
    mutates: bool
    status: int
    """HTTP's; 0 when a fault left the call without an answer."""
    error: str | None
    """The answer's code; `reset` or `timeout` when there was none."""
    region: str
    request: str
    """The request id, which the answer carries as x-amzn-RequestId and the journal as `call`."""

    def document(self) -> dict[str, object]:
        """As the control endpoint shows it."""
        return {
            "n": self.n,
            "time": self.time.isoformat(),
            "service": self.service,
            "action": self.action,
            "mutates": self.mutates,
            "status": self.status,
            "error": self.error,
            "region": self.region,
            "request": self.request,
        }


class CallRecord:
    """Calls in the order of their answers. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._count = 0

    def add(self, call: AwsCall, *, time: datetime, status: int, error: str | None) -> None:
        """Record a call under the next number."""
        with self._lock:
            self._count += 1
            self._calls.append(
                Call(
                    n=self._count,
                    time=time,
                    service=call.service,
                    action=call.action,
                    mutates=call.mutates,
                    status=status,
                    error=error,
                    region=call.region,
                    request=call.id,
                )
            )

    def since(self, number: int) -> list[Call]:
        """The calls after the one of this number, as far as they are kept."""
        with self._lock:
            return [call for call in self._calls if call.n > number]

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._calls.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)
