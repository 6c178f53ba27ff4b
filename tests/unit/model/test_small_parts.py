"""Release ids, kinds of AWS errors, and the clock's interruptible sleep."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from appdeploy.aws.errors import ErrorKind, error_kind, explain, is_transient
from appdeploy.model.clock import SystemClock
from appdeploy.model.errors import Interrupted
from appdeploy.model.release_id import new_release_id


def aws_said(code, status=400, message="  many\n words. "):
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Op")


def test_a_release_id_names_its_kind_and_moment():
    moment = datetime(2025, 11, 25, 14, 30, tzinfo=UTC)
    assert new_release_id("upgrade", moment, "abc123") == "upgrade-2025-1125-143000-abc123"


def test_a_release_id_is_in_utc():
    moment = datetime(2025, 11, 25, 16, 30, tzinfo=timezone(timedelta(hours=2)))
    assert new_release_id("upgrade", moment, "abc123") == "upgrade-2025-1125-143000-abc123"


def test_two_release_ids_differ():
    assert new_release_id("upgrade") != new_release_id("upgrade")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (aws_said("ThrottlingException"), ErrorKind.THROTTLED),
        (aws_said("ServerException", 500), ErrorKind.UNKNOWN_RESULT),
        (aws_said("ServiceUnavailable", 503), ErrorKind.UNKNOWN_RESULT),
        (ReadTimeoutError(endpoint_url="x"), ErrorKind.UNKNOWN_RESULT),
        (EndpointConnectionError(endpoint_url="x"), ErrorKind.UNKNOWN_RESULT),
        (aws_said("ExpiredTokenException"), ErrorKind.CREDENTIALS),
        (NoCredentialsError(), ErrorKind.CREDENTIALS),
        (aws_said("AccessDeniedException"), ErrorKind.DENIED),
        (aws_said("InvalidParameterException"), ErrorKind.REJECTED),
    ],
)
def test_kinds_of_errors(error, trouble):
    assert error_kind(error) is trouble
    assert is_transient(error) == (trouble in (ErrorKind.THROTTLED, ErrorKind.UNKNOWN_RESULT))


def test_an_explanation_is_one_line():
    assert explain(aws_said("InvalidParameterException")) == "Op: InvalidParameterException: many words"


def test_a_cancelled_clock_wakes_every_sleeper():
    clock = SystemClock()
    woken = []

    def sleep():
        try:
            clock.sleep(60)
        except Interrupted:
            woken.append(True)

    threads = [threading.Thread(target=sleep) for _ in range(3)]
    for thread in threads:
        thread.start()
    clock.cancel()
    for thread in threads:
        thread.join(10)
    assert woken == [True] * 3
