"""Several writes to DynamoDB in one transaction."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REFUSED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"
_TRIES = 4
_PAUSE_SECONDS = 0.05


def transact(dynamodb: DynamoDBClient, items: Sequence[Any]) -> frozenset[int]:
    """Write all items. Returns the positions of those whose conditions failed; empty when everything was written.

    A conflict with another write of the same items is retried, which DynamoDB leaves to its callers (API reference of
    DynamoDB, TransactWriteItems). Raises the SDK's errors.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            dynamodb.transact_write_items(TransactItems=items)
            return frozenset()
        except dynamodb.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code", "") for reason in error.response.get("CancellationReasons", [])]
            refused = frozenset(position for position, code in enumerate(codes) if code == _REFUSED)
            if refused:
                return refused
            if _CONFLICT not in codes or attempt == _TRIES:
                raise
        time.sleep(_PAUSE_SECONDS * attempt * random.uniform(0.5, 1.5))
    raise AssertionError("the last attempt returns or raises")
