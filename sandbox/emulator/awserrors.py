"""AWS-shaped errors in the protocol of the request that they answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from werkzeug import Request, Response

from sandbox.emulator.awsrequest import AwsCall

_REST_XML_SERVICES = frozenset({"s3", "s3control", "route53", "cloudfront"})
_ERROR = "<Error><Code>{code}</Code><Message>{message}</Message></Error>"
_REST_XML = _ERROR
_QUERY = f"<ErrorResponse>{_ERROR}<RequestId>sandbox</RequestId></ErrorResponse>"
_EC2 = f"<Response><Errors>{_ERROR}</Errors><RequestID>sandbox</RequestID></Response>"
_CODE_IN_XML = re.compile(r"<Code>([^<]+)</Code>")


@dataclass(frozen=True)
class AwsError:
    """An error to answer with."""

    code: str
    message: str
    status: int = 400


def not_emulated(call: AwsCall) -> AwsError:
    """501 is the one server error that SDKs do not retry."""
    what = f"{call.service or 'this service'}:{call.action or 'this operation'}"
    return AwsError("NotImplemented", f"The sandbox does not emulate {what}.", 501)


def render(error: AwsError, request: Request, call: AwsCall) -> Response:
    """The HTTP response that a client of the call's service reads as `error`.

    Shapes: smithy.io/2.0/aws/protocols/ (awsQuery, ec2Query, restXml; the JSON protocols share one).
    """
    if request.mimetype == "application/x-www-form-urlencoded":
        template = _EC2 if call.model == "ec2" else _QUERY
    elif call.model in _REST_XML_SERVICES:
        template = _REST_XML
    else:
        body = json.dumps({"__type": error.code, "message": error.message})
        headers = {"x-amzn-errortype": error.code}
        return Response(body, error.status, headers, content_type="application/x-amz-json-1.1")
    body = template.format(code=escape(error.code), message=escape(error.message))
    return Response(body, error.status, content_type="text/xml")


def code_of(response: Response) -> str | None:
    """The error code that a response carries; None for a success."""
    if response.status_code < 400:
        return None
    header = response.headers.get("x-amzn-errortype")
    if header:
        return header.partition(":")[0].rsplit("#", 1)[-1]
    body = response.get_data(as_text=True)
    found = _CODE_IN_XML.search(body)
    if found:
        return found[1]
    try:
        kind = json.loads(body).get("__type")
    except (ValueError, AttributeError):
        kind = None
    return str(kind).rsplit("#", 1)[-1] if kind else str(response.status_code)
