"""Which operation of which service an error comes from, which the SDK leaves out; and a line for each call, if wanted."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.client import BaseClient

_KEY = "appdeploy:operation"
"""In `ResponseMetadata` of an answer that is an error."""
_NOTE = "operation "
"""How the note of an exception begins for a call that had no answer."""
_log = logging.getLogger(__name__)
_STARTED = "appdeploy:started"
"""In the context of a call: the monotonic clock when it began."""
_PREFIXES = {"monitoring": "cloudwatch"}
"""Services whose IAM prefix is not the name that requests are signed for."""


def name_operations(client: BaseClient) -> None:
    """From now on each error of this client says which operation it comes from, and the log has a line for each call."""
    service = client.meta.service_model.signing_name
    prefix = _PREFIXES.get(service, service)

    def starts(context: dict[str, Any], **_: Any) -> None:
        context[_STARTED] = time.monotonic()

    def answered(parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        metadata = parsed.setdefault("ResponseMetadata", {})
        metadata[_KEY] = f"{prefix}:{model.name}"
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s:%s: %s", prefix, model.name, _answer(parsed, _milliseconds(context)))

    def failed(exception: BaseException, event_name: str, context: dict[str, Any], **_: Any) -> None:
        operation = f"{prefix}:{event_name.rsplit('.', 1)[1]}"
        exception.add_note(f"{_NOTE}{operation}")
        _log.debug("%s: %s after %d ms", operation, type(exception).__name__, _milliseconds(context))

    client.meta.events.register("before-call", starts)
    client.meta.events.register("after-call", answered)
    client.meta.events.register("after-call-error", failed)


def _answer(parsed: dict[str, Any], milliseconds: int) -> str:
    """Of a call, for --debug: status, time, request id, attempts. Neither what was sent nor what came back."""
    metadata, code = parsed["ResponseMetadata"], parsed.get("Error", {}).get("Code")
    status = f"{metadata.get('HTTPStatusCode')}{f' {code}' if code else ''}"
    request, attempt = metadata.get("RequestId", "-"), metadata.get("RetryAttempts", 0) + 1
    return f"{status} after {milliseconds} ms, request {request}, attempt {attempt}"


def _milliseconds(context: dict[str, Any]) -> int:
    began: float = context.get(_STARTED, time.monotonic())
    return round((time.monotonic() - began) * 1000)


def operation_of(error: BaseException) -> str | None:
    """`service:Operation` as policies write it, such as `elasticloadbalancing:DescribeTargetHealth`.

    `Operation` alone for an answer whose service is not known; None where no call is known.
    """
    if isinstance(error, ClientError):
        named = error.response.get("ResponseMetadata", {}).get(_KEY)
        return str(named) if named else error.operation_name
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(_NOTE)]
    return notes[-1].removeprefix(_NOTE) if notes else None
