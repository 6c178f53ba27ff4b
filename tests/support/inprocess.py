"""boto3 clients whose requests reach an emulator in the same process, without a socket."""

from __future__ import annotations

import functools
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from werkzeug.test import EnvironBuilder, run_wsgi_app

from sandbox.emulator.application import Application, BrokenConnection
from sandbox.emulator.faults import FaultKind

REGION = "eu-central-1"
ENDPOINT = "http://127.0.0.1"
"""Never connected to. An address, because moto takes a host name for that of an S3 bucket."""


@functools.cache
def session() -> boto3.Session:
    """A session that takes nothing from the environment. One for all: a session reads botocore's models only once."""
    return boto3.Session(aws_access_key_id="sandbox", aws_secret_access_key="sandbox", region_name=REGION)


def client(application: Application, service: str, region: str = REGION) -> Any:
    """A client with one attempt per call. The next application takes it over: only the newest one is in charge."""
    made, transport = _connected(service, region)
    transport.application = application
    return made


@functools.cache
def _connected(service: str, region: str) -> tuple[Any, Transport]:
    """One for all scenarios: to make a client takes as long as ten of its calls."""
    config = Config(retries={"total_max_attempts": 1})
    made = session().client(service, region_name=region, endpoint_url=ENDPOINT, config=config)
    transport = Transport()
    made.meta.events.register("before-send", transport)
    return made, transport


class Transport:
    """Answers a prepared request from a WSGI application."""

    application: Application

    def __call__(self, request: Any, **_: Any) -> AWSResponse:
        environ = EnvironBuilder(
            path=request.url,
            base_url=ENDPOINT,
            method=request.method,
            headers=[(name, _text(value)) for name, value in request.headers.items()],
            data=request.body,
        ).get_environ()
        try:
            chunks, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        except BrokenConnection as broken:
            error = ReadTimeoutError if broken.kind is FaultKind.TIMEOUT else ConnectionClosedError
            raise error(endpoint_url=request.url, request=request, error=broken) from broken
        return AWSResponse(request.url, int(status.split()[0]), dict(headers), _Body(b"".join(chunks)))


class _Body:
    """What botocore reads of a urllib3 response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Any:
        yield self._content

    def read(self, *_: Any, **__: Any) -> bytes:
        content, self._content = self._content, b""
        return content


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()
