"""The codes by which each AWS service says that it throttles, that it broke, or that credentials have expired.

Sources: the error pages of the services' API references; botocore's list of throttling codes (botocore/retries/standard.py)
holds every code used here, so that SDKs treat these answers as they treat AWS's.
"""

from __future__ import annotations

from sandbox.emulator.awserrors import AwsError
from sandbox.emulator.awsrequest import AwsCall

_UNAVAILABLE = 503

_THROTTLED = {
    "autoscaling": AwsError("Throttling", "Rate exceeded"),
    "cloudformation": AwsError("Throttling", "Rate exceeded"),
    "dynamodb": AwsError("ThrottlingException", "Throughput exceeds the current capacity of your table or index."),
    "ec2": AwsError("RequestLimitExceeded", "Request limit exceeded.", 503),
    "elasticloadbalancing": AwsError("Throttling", "Rate exceeded"),
    "iam": AwsError("Throttling", "Rate exceeded"),
    "lambda": AwsError("TooManyRequestsException", "Rate Exceeded.", 429),
    "rds": AwsError("Throttling", "Rate exceeded"),
    "route53": AwsError("Throttling", "Rate exceeded"),
    "s3": AwsError("SlowDown", "Please reduce your request rate.", 503),
    "sns": AwsError("Throttling", "Rate exceeded"),
    "sts": AwsError("Throttling", "Rate exceeded"),
}
_THROTTLED_ELSEWHERE = AwsError("ThrottlingException", "Rate exceeded")
_BROKEN = {
    "dynamodb": "InternalServerError",
    "ecr": "ServerException",
    "ecs": "ServerException",
    "s3": "InternalError",
    "ssm": "InternalServerError",
}
_EXPIRED_TEXT = "The security token included in the request is expired"
_EXPIRED = {
    "ec2": AwsError("RequestExpired", "Request has expired."),
    "s3": AwsError("ExpiredToken", "The provided token has expired."),
}
_QUERY = ("autoscaling", "cloudformation", "elasticloadbalancing", "iam", "rds", "sns", "sts")


def throttled(call: AwsCall) -> AwsError:
    """The call's service has had too many calls."""
    return _THROTTLED.get(call.service, _THROTTLED_ELSEWHERE)


def broken(call: AwsCall, status: int) -> AwsError:
    """The call's service failed with an HTTP status from 500 on."""
    if status == _UNAVAILABLE:
        return AwsError("ServiceUnavailable", "Service Unavailable", status)
    return AwsError(_BROKEN.get(call.service, "InternalFailure"), "Service exception.", status)


def expired(call: AwsCall) -> AwsError:
    """The call was signed with temporary credentials whose time is over."""
    if call.service in _QUERY:
        return AwsError("ExpiredToken", _EXPIRED_TEXT, 403)
    return _EXPIRED.get(call.service, AwsError("ExpiredTokenException", _EXPIRED_TEXT))
