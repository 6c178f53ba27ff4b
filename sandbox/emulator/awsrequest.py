"""Which AWS call an HTTP request is: service, action, region, and whether the call changes anything."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from botocore.parsers import BaseCBORParser, ResponseParserError
from moto.core.request import Request as MotoRequest
from moto.core.routing import NotFound, get_service_router
from werkzeug import Request

# Signing names that differ from the name that people use, and from botocore's directory.
_SPOKEN = {"monitoring": "cloudwatch"}
_MODEL = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "email": "ses", "tagging": "resourcegroupstaggingapi"}
# fmt: off
_READS = (
    "BatchCheck", "BatchGet", "Check", "Decode", "Describe", "Estimate", "Filter", "Get", "Head", "List", "Lookup",
    "Preview", "Query", "Scan", "Search", "Select", "Simulate", "Test", "TransactGet", "Validate",
)
# fmt: on
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_RPC_PATH = re.compile(r"/service/[^/]+/operation/(?P<action>\w+)")


@dataclass(frozen=True)
class AwsCall:
    """An identified request."""

    service: str
    """As people say it: `ecs`, `elasticloadbalancing`, `cloudwatch`; empty for an unsigned request."""
    model: str
    """botocore's name of the service."""
    action: str
    """`UpdateService`; empty when it cannot be told."""
    region: str
    access_key: str
    """Of the credentials that signed it; empty for an unsigned request."""
    mutates: bool
    parameters: Mapping[str, Any]
    """Of JSON, CBOR and query requests; nested query parameters under their flat names. Of REST requests those in the path."""
    id: str
    """The request id that the answer carries."""


CURRENT: ContextVar[AwsCall] = ContextVar("the call that is being answered")
"""For the APIs behind moto, which are handed no more than the request."""


def identify(request: Request) -> AwsCall:
    """Read a request's signature and body. Leaves the request readable."""
    body = request.get_data(cache=True)
    credential = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    signed = credential["service"].lower() if credential else ""
    parameters = _parameters(request, body)
    action = _action(request, parameters)
    if not action:
        action, parameters = _rest(request, _MODEL.get(signed, signed))
    reads = action.startswith(_READS) if action else request.method in ("GET", "HEAD", "OPTIONS")
    return AwsCall(
        service=_SPOKEN.get(signed, signed),
        model=_MODEL.get(signed, signed),
        action=action,
        region=credential["region"] if credential else "",
        access_key=credential["key"] if credential else "",
        mutates=not reads,
        parameters=parameters,
        id=str(uuid.uuid4()),
    )


def _parameters(request: Request, body: bytes) -> Mapping[str, Any]:
    kind = request.mimetype
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    if kind.startswith("application/x-amz-json"):
        try:
            document = json.loads(body or b"{}")
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}
    if kind == "application/cbor":
        return _from_cbor(body)
    return {}


def _from_cbor(body: bytes) -> Mapping[str, Any]:
    """A document of the RPC v2 CBOR protocol (smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html)."""
    parser = BaseCBORParser()
    try:
        document = parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))
    except (ResponseParserError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _action(request: Request, parameters: Mapping[str, Any]) -> str:
    """Empty for a REST request, which does not name it."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rsplit(".", 1)[-1]
    if request.mimetype == "application/x-www-form-urlencoded" and "Action" in parameters:
        return str(parameters["Action"])
    rpc = _RPC_PATH.search(request.path)
    if rpc:
        return rpc["action"]
    return str(request.args.get("Action", ""))


def _rest(request: Request, model: str) -> tuple[str, Mapping[str, Any]]:
    """By method and path, through botocore's model of the service."""
    try:
        operation, path = get_service_router(model).match(MotoRequest(request.environ))
    except (NotFound, NotImplementedError, ValueError, LookupError, OSError):
        return "", {}
    return str(operation.name), dict(path)
