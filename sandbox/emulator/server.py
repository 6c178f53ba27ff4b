"""The emulator's HTTP server: waitress, which can also break a connection when a fault says so."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import create_server
from waitress.task import WSGITask

from sandbox.emulator.application import BrokenConnection, Wsgi
from sandbox.emulator.elb.ports import HOST
from sandbox.emulator.faults import FaultKind

_THREADS = 32
"""A call that a fault holds back keeps its thread."""
_CONNECTIONS = 1000
"""Clients at once, each with its idle connections; waitress would stop accepting at 100."""
_LONGEST_SILENCE = 900.0
"""Seconds after which a call without an answer is cut off although its client still waits."""
_LOOK = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends RST instead of FIN."""


class _Task(WSGITask):  # type: ignore[misc]
    def execute(self) -> None:
        try:
            super().execute()
        except BrokenConnection as broken:
            if broken.kind is FaultKind.TIMEOUT:
                _wait_for_hang_up(self.channel)
            if self.channel.connected:
                self.channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            # waitress closes the connection without a word.
            raise ClientDisconnected from None


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task


def serve(application: Wsgi, port: int) -> Any:
    """A waitress server on 127.0.0.1 that is not running yet; port 0 lets the system pick one.

    Raises OSError if the port cannot be had.
    """
    server = create_server(
        application,
        host=HOST,
        port=port,
        threads=_THREADS,
        connection_limit=_CONNECTIONS,
        asyncore_use_poll=True,
        # Reads on while a call is being answered, and so sees that its client has gone.
        channel_request_lookahead=1,
    )
    server.channel_class = _Channel
    return server


def _wait_for_hang_up(channel: Any) -> None:
    end = time.monotonic() + _LONGEST_SILENCE
    while channel.connected and time.monotonic() < end:
        time.sleep(_LOOK)
