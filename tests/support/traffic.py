"""An HTTP client that asks 50 times a second and counts what went wrong."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

_PER_SECOND = 50
_HELD = (0, 11)
"""Of every twenty requests these are held: one in ten, on a new and on a kept connection in turn."""
_HOLD_SECONDS = 3


@dataclass
class Report:
    """What the client saw."""

    sent: int = 0
    answered: int = 0
    failures: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"{self.sent} sent, {self.answered} answered by {dict(self.versions)}, failures: {self.failures[:5]}"


class Traffic:
    """Requests to one address from a thread of its own: half on new connections, half keep-alive, one in ten held."""

    def __init__(self, address: str, encryption: ssl.SSLContext | None = None) -> None:
        """`encryption` says whom to trust at an https address."""
        self._address = address
        self._encryption = encryption or ssl.create_default_context()
        self._end = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.report = Report()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._thread.join(timeout=30)

    async def _run(self) -> None:
        timeout = ClientTimeout(total=20)
        fresh = ClientSession(connector=TCPConnector(force_close=True, limit=0, ssl=self._encryption), timeout=timeout)
        kept = ClientSession(connector=TCPConnector(limit=0, ssl=self._encryption), timeout=timeout)
        async with fresh, kept, asyncio.TaskGroup() as group:
            while not self._end.is_set():
                number = self.report.sent
                self.report.sent += 1
                group.create_task(self._ask((fresh, kept)[number % 2], number))
                await asyncio.sleep(1 / _PER_SECOND)

    async def _ask(self, session: ClientSession, number: int) -> None:
        path = f"/work?hold={_HOLD_SECONDS}" if number % 20 in _HELD else "/work"
        try:
            async with session.get(self._address + path) as answer:
                await answer.read()
                if answer.status == 200:
                    self.report.answered += 1
                    self.report.versions[answer.headers["X-Axonflow-Version"]] += 1
                else:
                    self.report.failures.append(f"{path}: status {answer.status}")
        except (ClientError, TimeoutError) as error:
            self.report.failures.append(f"{path}: {error!r}")
