"""The data plane with real sockets: tasks, load balancers and health checks in the event loop of one thread."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from yarl import URL

from sandbox.emulator.cloudwatch.meter import Meter
from sandbox.emulator.elb.authority import Authority
from sandbox.emulator.elb.dataplane import Probe, ProbeFailure, ProbeResult, TaskApp
from sandbox.emulator.elb.door import Door
from sandbox.emulator.elb.ports import HOST
from sandbox.emulator.elb.proxy import Proxy
from sandbox.emulator.elb.routing import Routing
from sandbox.emulator.elb.targets import TargetTable
from sandbox.emulator.elb.taskserver import IDLE_SECONDS, TaskServer

T = TypeVar("T")


class LoopDataPlane:
    """A DataPlane whose methods may be called from any thread but its own."""

    def __init__(self, targets: TargetTable, meter: Meter) -> None:
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[int, TaskServer] = {}
        self._sessions: dict[int, ClientSession] = {}
        self._doors: dict[int, Door] = {}
        self._authority = Authority()
        self._proxy = Proxy(targets, self._sessions, meter)
        self._thread = threading.Thread(target=self._loop.run_forever, name="dataplane", daemon=True)
        self._thread.start()

    def start_task(self, app: TaskApp) -> int:
        return self._run(self._start_task(app))

    def stop_task(self, port: int) -> None:
        self._run(self._stop_task(port))

    def open_listener(self) -> int:
        return self._run(self._open_listener())

    def close_listener(self, port: int) -> None:
        self._run(self._close_listener(port))

    def publish(self, routing: Routing) -> None:
        self._proxy.routing = routing

    def probe(self, probes: Sequence[Probe]) -> list[ProbeResult]:
        return self._run(self._probe_all(probes)) if probes else []

    @property
    def authority(self) -> str:
        return self._authority.certificate

    def close(self) -> None:
        self._run(self._close_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _start_task(self, app: TaskApp) -> int:
        server = TaskServer(app)
        port = await server.start()
        self._tasks[port], self._sessions[port] = server, server.session
        return port

    async def _stop_task(self, port: int) -> None:
        del self._sessions[port]
        await self._tasks.pop(port).stop()

    async def _open_listener(self) -> int:
        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            return await self._proxy.answer(request, door.port)

        door = Door(web.Server(answer, keepalive_timeout=IDLE_SECONDS, access_log=None), self._encryption)
        self._doors[door.port] = door
        return door.port

    def _encryption(self, port: int) -> ssl.SSLContext | None:
        listener = self._proxy.routing.listeners.get((port, True))
        return self._authority.context(listener.names) if listener else None

    async def _close_listener(self, port: int) -> None:
        await self._doors.pop(port).close()

    async def _probe_all(self, probes: Sequence[Probe]) -> list[ProbeResult]:
        return list(await asyncio.gather(*map(self._probe, probes)))

    async def _probe(self, probe: Probe) -> ProbeResult:
        session = self._sessions.get(probe.local_port or 0)
        if session is None:
            return ProbeFailure.REFUSED
        url = URL(f"http://{HOST}:{probe.local_port}{probe.path}", encoded=True)
        limit = ClientTimeout(total=probe.timeout)
        headers = {"User-Agent": "ELB-HealthChecker/2.0"}
        try:
            async with session.get(url, headers=headers, timeout=limit, allow_redirects=False) as response:
                await response.read()
                return response.status
        except TimeoutError:
            return ProbeFailure.TIMED_OUT
        except (ClientError, OSError):
            return ProbeFailure.REFUSED

    async def _close_all(self) -> None:
        for port in list(self._doors):
            await self._close_listener(port)
        for port in list(self._tasks):
            await self._stop_task(port)
        # What is still at work holds requests of connections that are now closed.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
