"""A loopback port of a load balancer: it takes plain and TLS connections alike.

On AWS a load balancer's name goes with port 80 and port 443. Here one port stands for both, so that the name has one address:
the first byte of a connection tells which listener it is meant for.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

from aiohttp import web

from sandbox.emulator.elb.ports import HOST
from sandbox.emulator.elb.taskserver import AT_ONCE

_HANDSHAKE = b"\x16"
"""First byte of a TLS connection (RFC 8446, section 5.1); no HTTP request begins with it."""


class Door:
    """An open port. Lives in the data plane's event loop."""

    def __init__(self, server: web.Server, context: Callable[[int], ssl.SSLContext | None]) -> None:
        """`context` gives the TLS side of a port, None while no HTTPS listener is there."""
        self._server, self._context = server, context
        self._loop = asyncio.get_running_loop()
        self._socket = socket.create_server((HOST, 0), backlog=256)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._at_work = {self._loop.create_task(self._accept())}

    async def close(self) -> None:
        """Stop listening and end every connection."""
        for task in list(self._at_work):
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        self._socket.close()
        await self._server.shutdown(AT_ONCE)

    async def _accept(self) -> None:
        while True:
            connection, _ = await self._loop.sock_accept(self._socket)
            task = self._loop.create_task(self._admit(connection))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

    async def _admit(self, connection: socket.socket) -> None:
        """Hand a connection to the server, encrypted if the client began so."""
        try:
            encrypted = await self._first_byte(connection) == _HANDSHAKE
            context = self._context(self.port) if encrypted else None
            if encrypted and context is None:
                connection.close()  # nothing speaks TLS there
                return
            await self._loop.connect_accepted_socket(self._server, connection, ssl=context)
        except (OSError, asyncio.CancelledError):
            # A client that went away, or does not trust us; and the end.
            connection.close()

    async def _first_byte(self, connection: socket.socket) -> bytes:
        readable = asyncio.Event()
        self._loop.add_reader(connection, readable.set)
        try:
            await readable.wait()
        finally:
            self._loop.remove_reader(connection)
        with contextlib.suppress(BlockingIOError):
            return connection.recv(1, socket.MSG_PEEK)
        return b""
