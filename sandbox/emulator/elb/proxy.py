"""The load balancers' own work: take a request, find its rule, forward it to a target and stream the answer back."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

from aiohttp import ClientError, ClientResponse, ClientSession, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from sandbox.emulator.cloudwatch.meter import Meter
from sandbox.emulator.elb.ports import HOST
from sandbox.emulator.elb.routing import NOTHING, Listener, Routing
from sandbox.emulator.elb.rules import FixedResponse, Forward, Redirect, RequestFacts, first_match
from sandbox.emulator.elb.targets import Target, TargetTable

# RFC 9110 section 7.6.1: these concern one connection and are not forwarded.
# fmt: off
_HOP_BY_HOP = frozenset((
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
))
# fmt: on


class Proxy:
    """All load balancers. Lives in the data plane's event loop; `sessions` holds one client per task port."""

    def __init__(self, targets: TargetTable, sessions: Mapping[int, ClientSession], meter: Meter) -> None:
        self._targets = targets
        self._meter = meter
        self._sessions = sessions
        self._random = random.Random()
        self.routing: Routing = NOTHING

    async def answer(self, request: web.BaseRequest, port: int) -> web.StreamResponse:
        """Answer a request that came in at a loopback port."""
        routing = self.routing
        listener = routing.listeners.get((port, request.secure))
        if listener is None:
            # Nothing listens there on AWS; the port is open only to be the same one when something does.
            return _hang_up(request)
        facts = _facts(request)
        rule = first_match(listener.rules, facts)
        match rule.action if rule else None:
            case Forward() as forward:
                return await self._forward(request, listener, forward)
            case FixedResponse(status, content_type, body):
                return web.Response(status=status, body=body.encode(), headers={"Content-Type": content_type})
            case Redirect() as redirect:
                ports = routing.ports[listener.arn]
                location = redirect.location(facts, protocol=listener.protocol, port=listener.port, ports=ports)
                return web.Response(status=redirect.status, headers={"Location": location})
            case None:
                return _error(501, "the sandbox does not emulate this rule's action")

    async def _forward(self, request: web.BaseRequest, listener: Listener, forward: Forward) -> web.StreamResponse:
        group = forward.choose(self._random)
        target = self._targets.acquire(group) if group else None
        if target is None:
            self._meter.refused(listener.arn, None, 503)
            return _error(503, "Service Temporarily Unavailable")
        try:
            return await self._relay(request, listener, target)
        finally:
            self._targets.release(target)

    async def _relay(self, request: web.BaseRequest, listener: Listener, target: Target) -> web.StreamResponse:
        session = self._sessions.get(target.local_port or 0)
        if session is None:
            return self._bad_gateway(listener, target)
        sent = time.monotonic()
        try:
            upstream = await session.request(
                request.method,
                URL(f"http://{HOST}:{target.local_port}{request.raw_path}", encoded=True),
                headers=_forwarded_headers(request, listener),
                data=request.content if request.body_exists else None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        except (ClientError, OSError, RuntimeError):
            return self._bad_gateway(listener, target)
        # Real time, whatever clock the emulator has: a client waits as long.
        self._meter.answered(listener.arn, target.group_arn, upstream.status, time.monotonic() - sent)
        async with upstream:
            return await _stream_back(request, upstream)

    def _bad_gateway(self, listener: Listener, target: Target) -> web.Response:
        self._meter.refused(listener.arn, target.group_arn, 502)
        return _error(502, "Bad Gateway")


async def _stream_back(request: web.BaseRequest, upstream: ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=upstream.status, reason=upstream.reason, headers=_end_to_end(upstream.headers))
    await response.prepare(request)
    try:
        async for chunk in upstream.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except (ClientError, OSError):
        # Too late for a status: a cut connection is all that can tell the client.
        if request.transport is not None:
            request.transport.abort()
    return response


def _facts(request: web.BaseRequest) -> RequestFacts:
    return RequestFacts(
        method=request.method,
        host=request.host.rsplit(":", 1)[0],
        path=request.path,
        query=tuple(request.query.items()),
        headers=request.headers,
        source_ip=request.remote or HOST,
    )


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {token.strip().lower() for value in headers.getall("Connection", []) for token in value.split(",")}
    dropped = _HOP_BY_HOP | named
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _forwarded_headers(request: web.BaseRequest, listener: Listener) -> CIMultiDict[str]:
    """docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html"""
    headers = _end_to_end(request.headers)
    client = request.remote or HOST
    earlier = headers.popall("X-Forwarded-For", [])
    headers["X-Forwarded-For"] = ", ".join([*earlier, client])
    headers["X-Forwarded-Proto"] = listener.protocol.lower()
    headers["X-Forwarded-Port"] = str(listener.port)
    return headers


def _hang_up(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _error(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"{status} {text}\n", headers={"Server": "awselb/2.0"})
