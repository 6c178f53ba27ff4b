"""The emulator's WSGI application: control requests aside, every request is an AWS call, recorded and answered."""

from __future__ import annotations

import io
import logging
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug import Request, Response

from sandbox.emulator import awserrors, limits
from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import REQUEST_ID_HEADER, AwsCall, identify
from sandbox.emulator.calls import CallRecord
from sandbox.emulator.clock import Clock

CONTROL_PREFIX = "/_sandbox/"
_MOTO_PREFIX = "/moto-api"
_REQUEST_ID_KEY = "HTTP_" + REQUEST_ID_HEADER.upper().replace("-", "_")
_log = logging.getLogger(__name__)

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


class Application:
    """Answers control requests by `control` and AWS calls by `aws`, moto."""

    def __init__(self, aws: Wsgi, control: Callable[[Request], Response], calls: CallRecord, clock: Clock) -> None:
        self._aws = aws
        self._control = control
        self._calls = calls
        self._clock = clock

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        controls = request.path.startswith(CONTROL_PREFIX)
        response = self._control(request) if controls else self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        call, request_id = identify(request), str(uuid.uuid4())
        request.environ[_REQUEST_ID_KEY] = request_id
        response = self._answer_call(request, call)
        response.headers["x-amzn-RequestId"] = request_id
        self._calls.add(
            time=self._clock.now(),
            call=call,
            status=response.status_code,
            error=awserrors.code_of(response),
            request=request_id,
        )
        return response

    def _answer_call(self, request: Request, call: AwsCall) -> Response:
        refused = limits.violation(call)
        if refused:
            return awserrors.render(refused, request, call)
        if request.path.startswith(_MOTO_PREFIX):
            # moto's reset and the like know nothing of the scheduler and the data plane.
            return awserrors.render(awserrors.not_emulated(call), request, call)
        try:
            response = self._ask_moto(request)
        except NotImplementedError:
            return awserrors.render(awserrors.not_emulated(call), request, call)
        except Exception:
            _log.exception("%s:%s failed", call.service, call.action)
            error = AwsError("InternalFailure", f"The sandbox failed to answer {call.service}:{call.action}.", 500)
            return awserrors.render(error, request, call)
        if response.status_code >= 400 and response.mimetype == "text/html" and call.service != "s3":
            # moto has no such path: the web framework below it answered.
            return awserrors.render(awserrors.not_emulated(call), request, call)
        return response

    def _ask_moto(self, request: Request) -> Response:
        environ = {**request.environ, "wsgi.input": io.BytesIO(request.get_data())}
        # Keys that werkzeug leaves behind refer to the input that has been read.
        environ = {name: value for name, value in environ.items() if not name.startswith("werkzeug.")}
        return Response.from_app(self._aws, environ, buffered=True)
