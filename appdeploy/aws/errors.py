"""Classifies errors of the AWS SDK, and explains each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from appdeploy.aws.operations import operation_of
from appdeploy.model.errors import Refused

AwsError = (BotoCoreError, ClientError, ResponseParserError)
"""All exceptions that a boto3 call raises itself."""


class ErrorKind(Enum):
    """Kinds of failed calls, by what may be done next."""

    THROTTLED = auto()
    """Throttled before processing: nothing happened, and it may be sent again."""
    UNKNOWN_RESULT = auto()
    """A timeout, a reset or a server error: it may have happened, and AWS may be unreachable."""
    CREDENTIALS = auto()
    """No credentials, or AWS rejects them."""
    DENIED = auto()
    """The caller lacks the permission."""
    REJECTED = auto()
    """Any other definite answer."""


_THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        # DynamoDB: another write to the same items; ours did not happen.
        "TransactionCanceledException",
        "TransactionConflictException",
    }
)
_BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "OptInRequired"})
_NO_CREDENTIALS = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError)
# A reply that cannot be parsed is usually a proxy's error page.
_NO_ANSWER = (ConnectionError, HTTPClientError, ResponseParserError)


def code_of(error: BaseException) -> str:
    """AWS's error code, or the exception's name if no AWS service answered."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def error_kind(error: BaseException) -> ErrorKind:
    """The kind of a failed call, from its code and status, never from its message."""
    if isinstance(error, _NO_CREDENTIALS):
        return ErrorKind.CREDENTIALS
    if isinstance(error, _NO_ANSWER):
        return ErrorKind.UNKNOWN_RESULT
    code = code_of(error)
    kinds = ((_THROTTLES, ErrorKind.THROTTLED), (_BAD_CREDENTIALS, ErrorKind.CREDENTIALS), (_DENIALS, ErrorKind.DENIED))
    for codes, kind in kinds:
        if code in codes:
            return kind
    return ErrorKind.UNKNOWN_RESULT if _status_of(error) >= 500 else ErrorKind.REJECTED


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed when repeated soon."""
    return error_kind(error) in (ErrorKind.THROTTLED, ErrorKind.UNKNOWN_RESULT)


def explain(error: BaseException) -> str:
    """One line: the operation and its error, and for known kinds what to do.

    AWS's own text of a denial or of rejected credentials names what it has to name.
    """
    match error_kind(error):
        case ErrorKind.CREDENTIALS if isinstance(error, _NO_CREDENTIALS):
            return f"no AWS credentials ({_message(error)}): sign in, or set AWS_PROFILE"
        case ErrorKind.CREDENTIALS:
            return f"AWS does not accept the credentials ({code_of(error)}: {_message(error)}): renew them"
        case ErrorKind.UNKNOWN_RESULT if not isinstance(error, ClientError):
            return f"AWS is unreachable ({_named(error)}{_message(error)})"
        case ErrorKind.DENIED:
            return f"not allowed ({code_of(error)}: {_message(error)})"
        case ErrorKind.THROTTLED | ErrorKind.UNKNOWN_RESULT | ErrorKind.REJECTED:
            return f"{_named(error)}{code_of(error)}: {_message(error)}"


def _named(error: BaseException) -> str:
    operation = operation_of(error)
    return f"{operation}: " if operation else ""


@contextmanager
def unreadable(what: str) -> Iterator[None]:
    """Turn a failed read into Refused: `<what>: <why>`. For read-only commands."""
    try:
        yield
    except AwsError as error:
        raise Refused(f"{what}: {explain(error)}") from None


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn a failed read before the first write into Refused: `<what>: <why>; nothing was changed`."""
    try:
        yield
    except AwsError as error:
        raise Refused(f"{what}: {explain(error)}; nothing was changed") from None


def _status_of(error: BaseException) -> int:
    if not isinstance(error, ClientError):
        return 0
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _message(error: BaseException) -> str:
    text = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    return " ".join(text.split()).rstrip(".")
