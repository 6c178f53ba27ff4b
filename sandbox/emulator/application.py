"""The emulator's WSGI application: control requests aside, every request is an AWS call, recorded and answered."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from werkzeug import Request, Response

from sandbox.emulator import awserrors, failures, limits
from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import CURRENT, AwsCall, identify
from sandbox.emulator.calls import CallRecord
from sandbox.emulator.clock import Clock
from sandbox.emulator.faults import FaultKind, Faults, Moment

CONTROL_PREFIX = "/_sandbox/"
_MOTO_PREFIX = "/moto-api"
_ATOMIC = ("dynamodb",)
"""Services whose calls are answered one after the other. Conditional writes are atomic and transactions serializable
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html); in moto two of them at once both find
their condition fulfilled, and one that fails puts the table back to what it was before the other."""
_log = logging.getLogger(__name__)

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]


class BrokenConnection(Exception):
    """A fault breaks the connection: whoever called the application must not answer but reset it, or stay silent until
    the client gives up."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.kind = kind
        """RESET or TIMEOUT."""


class Application:
    """Answers control requests by `control` and AWS calls by `aws`, moto. Raises BrokenConnection where a fault says so."""

    def __init__(
        self,
        aws: Wsgi,
        control: Callable[[Request], Response],
        refusal: Callable[[AwsCall], AwsError | None],
        calls: CallRecord,
        faults: Faults,
        clock: Clock,
    ) -> None:
        """`refusal` says what to answer to a caller who may not make a call."""
        self._aws = aws
        self._control = control
        self._refusal = refusal
        self._calls = calls
        self._faults = faults
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        controls = request.path.startswith(CONTROL_PREFIX)
        response = self._control(request) if controls else self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        call = identify(request)
        CURRENT.set(call)
        try:
            response = self._answer_disturbed(request, call)
        except BrokenConnection as broken:
            self._record(call, 0, broken.kind.value)
            raise
        response.headers["x-amzn-RequestId"] = call.id
        self._record(call, response.status_code, awserrors.code_of(response))
        return response

    def _record(self, call: AwsCall, status: int, error: str | None) -> None:
        self._calls.add(call, time=self._clock.now(), status=status, error=error)

    def _answer_disturbed(self, request: Request, call: AwsCall) -> Response:
        refused = self._disturb(call, Moment.BEFORE)
        if refused:
            return awserrors.render(refused, request, call)
        response = self._answer_call(request, call)
        refused = self._disturb(call, Moment.AFTER)
        return awserrors.render(refused, request, call) if refused else response

    def _disturb(self, call: AwsCall, moment: Moment) -> AwsError | None:
        """Let the faults of a moment act; the result is an error to answer instead."""
        for active in self._faults.striking(call, moment):
            fault = active.fault
            match fault.kind:
                case FaultKind.THROTTLE:
                    return failures.throttled(call)
                case FaultKind.ERROR:
                    return failures.broken(call, fault.status)
                case FaultKind.EXPIRED:
                    return failures.expired(call)
                case FaultKind.SLOW:
                    self._clock.sleep(fault.seconds)
                case FaultKind.RESET | FaultKind.TIMEOUT:
                    raise BrokenConnection(fault.kind)
        return None

    def _answer_call(self, request: Request, call: AwsCall) -> Response:
        refused = self._refusal(call) or limits.violation(call)
        if refused:
            return awserrors.render(refused, request, call)
        if request.path.startswith(_MOTO_PREFIX):
            # moto's reset and the like know nothing of the scheduler and the data plane.
            return awserrors.render(awserrors.not_emulated(call), request, call)
        try:
            with self._one_at_a_time if call.service in _ATOMIC else nullcontext():
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
