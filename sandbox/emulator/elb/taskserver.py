"""The application of a task: it answers its health path and any other path, from a loopback port of its own.

`?hold=SECONDS` makes it answer later, `?status=503` with that status.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from sandbox.emulator.elb.dataplane import TaskApp
from sandbox.emulator.elb.ports import HOST

VERSION_HEADER = "X-Axonflow-Version"
TASK_HEADER = "X-Axonflow-Task"
AT_ONCE = 0.01
"""Seconds; aiohttp takes 0 to mean for ever."""
LONGEST_HOLD = 60.0
"""Seconds that `?hold=` may ask for."""

# Longer than any client keeps an idle connection, so that only the client ever closes one: a connection that its
# server closes while a request is on the way is a failed request.
IDLE_SECONDS = 3600.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class TaskServer:
    """A listening task and the connections to it. Lives in the data plane's event loop."""

    def __init__(self, app: TaskApp) -> None:
        self._app = app
        self._server = web.Server(self._answer, keepalive_timeout=IDLE_SECONDS, access_log=None)
        # The connections belong to the task and die with it: a port that the system gives to a later task can never
        # be met by a connection to this one.
        self.session = ClientSession(
            connector=TCPConnector(limit=0, keepalive_timeout=60),
            timeout=ClientTimeout(total=None, sock_connect=5),
            auto_decompress=False,
        )
        self._listening: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        self._listening = await asyncio.get_running_loop().create_server(self._server, HOST, 0, backlog=256)
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Stop listening and reset every connection, as a container's end does."""
        if self._listening is not None:
            self._listening.close()
        for connection in self._server.connections:
            if connection.transport is not None:
                raw = connection.transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                connection.transport.abort()
        await self.session.close()
        await self._server.shutdown(AT_ONCE)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        app = self._app
        headers = {VERSION_HEADER: app.version, TASK_HEADER: app.task_id}
        if request.path in app.health_paths:
            word = "healthy" if app.health_status == 200 else "unhealthy"
            return web.json_response({"status": word}, status=app.health_status, headers=headers)
        seconds, status = _hold(request.query.get("hold", "0")), _status(request.query.get("status", "200"))
        if seconds is None or status is None:
            error = {"error": f"hold is a number of seconds from 0 to {LONGEST_HOLD:g}, status one from 200 to 599"}
            return web.json_response(error, status=400, headers=headers)
        await asyncio.sleep(seconds)
        body = {"version": app.version, "task": app.task_id, "path": request.path}
        return web.json_response(body, status=status, headers=headers)


def _hold(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds <= LONGEST_HOLD else None


def _status(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[2-5]\d\d", text) else None
