"""What an error of the AWS SDK means for us: a table of kinds, and one line for a person."""

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

from appdeploy.model.errors import Refused

AwsError = (BotoCoreError, ClientError, ResponseParserError)
"""Everything that a call through boto3 raises by itself."""


class ErrorKind(Enum):
    """Kinds of failed calls, by what we may do next."""

    THROTTLED = auto()
    """Turned away before it was looked at: nothing happened, and it may be sent again."""
    UNKNOWN_RESULT = auto()
    """A time-out, a reset or a server error: it may have happened or not, and AWS may be out of reach."""
    CREDENTIALS = auto()
    """No credentials, or none that AWS takes."""
    DENIED = auto()
    """The caller may not do that."""
    REJECTED = auto()
    """Any other definite answer."""


_THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        # DynamoDB's word for writes of others to the same items: none of ours happened.
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
# A reply that cannot be parsed is mostly a proxy's error page.
_NO_ANSWER = (ConnectionError, HTTPClientError, ResponseParserError)


def code_of(error: BaseException) -> str:
    """AWS's error code, or the exception's own name when no AWS service answered."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def error_kind(error: BaseException) -> ErrorKind:
    """The kind of a failed call, from its code and status, never from its words."""
    if isinstance(error, _NO_CREDENTIALS):
        return ErrorKind.CREDENTIALS
    if isinstance(error, _NO_ANSWER):
        return ErrorKind.UNKNOWN_RESULT
    code = code_of(error)
    kinds = ((_THROTTLES, ErrorKind.THROTTLED), (_BAD_CREDENTIALS, ErrorKind.CREDENTIALS), (_DENIALS, ErrorKind.DENIED))
    for codes, trouble in kinds:
        if code in codes:
            return trouble
    return ErrorKind.UNKNOWN_RESULT if _status_of(error) >= 500 else ErrorKind.REJECTED


def is_transient(error: BaseException) -> bool:
    """Whether the same read may well succeed in a moment."""
    return error_kind(error) in (ErrorKind.THROTTLED, ErrorKind.UNKNOWN_RESULT)


def explain(error: BaseException) -> str:
    """One line: what AWS, or the way to it, said, and for known kinds what to do."""
    match error_kind(error):
        case ErrorKind.CREDENTIALS if isinstance(error, _NO_CREDENTIALS):
            return f"no AWS credentials ({_words(error)}): sign in, or set AWS_PROFILE"
        case ErrorKind.CREDENTIALS:
            return f"AWS does not accept the credentials ({code_of(error)}: {_words(error)}): renew them"
        case ErrorKind.UNKNOWN_RESULT if not isinstance(error, ClientError):
            return f"AWS is out of reach ({_words(error)})"
        case ErrorKind.DENIED:
            return f"not allowed ({code_of(error)}: {_words(error)})"
        case ErrorKind.THROTTLED | ErrorKind.UNKNOWN_RESULT | ErrorKind.REJECTED:
            return f"{code_of(error)}: {_words(error)}"


@contextmanager
def unreadable(what: str) -> Iterator[None]:
    """Turn a failed read into Refused: `<what>: <why>`. For commands that never change anything."""
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


def _words(error: BaseException) -> str:
    text = error.response.get("Error", {}).get("Message", "") if isinstance(error, ClientError) else str(error)
    return " ".join(text.split()).rstrip(".")
