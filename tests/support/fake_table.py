"""The releases table for unit tests: moto's DynamoDB, called without HTTP, so that conditions and transactions are real."""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.responses import DynamoHandler

from tests.support.release_scenario import (
    ACCOUNT,
    ENVIRONMENT,
    REGION,
)

TABLE = f"axonflow-{ENVIRONMENT}-releases"
LOCK = {"pk": {"S": "LOCK"}, "sk": {"S": "LOCK"}}
_INDEXES = ("open", "organisation")


class FakeTable:
    """One table of releases, as infra makes it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._backend = DynamoDBBackend(REGION, ACCOUNT)
        self._backend.create_table(
            TABLE,
            schema=_keys("pk", "sk"),
            throughput=None,
            attr=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", *_INDEXES)],
            global_indexes=[
                {"IndexName": name, "KeySchema": _keys(name, "sk"), "Projection": {"ProjectionType": "ALL"}}
                for name in _INDEXES
            ],
            indexes=None,
            streams=None,
            billing_mode="PAY_PER_REQUEST",
            sse_specification=None,
            tags=[],
            deletion_protection_enabled=False,
            warm_throughput=None,
        )

    def call(self, operation: str, params: dict[str, Any]) -> Any:
        """Carry a call out. Raises AwsSays' cause, moto's JsonRESTError, for what DynamoDB refuses."""
        handler = _Handler(self._backend)
        handler.body = params
        with self._guard:
            reply = getattr(handler, _SNAKES[operation])()
        result = getattr(reply, "_result", None)
        return json.loads(reply) if isinstance(reply, str) else result if result is not None else {}

    def put(self, item: dict[str, Any]) -> None:
        self._backend.put_item(TABLE, item)

    def get(self, key: dict[str, Any]) -> dict[str, Any]:
        found = self._backend.get_item(TABLE, key)
        return dict(found.to_json()["Attributes"]) if found else {}

    def delete(self, key: dict[str, Any]) -> None:
        self._backend.delete_item(TABLE, key)


class _Handler(DynamoHandler):
    def __init__(self, backend: DynamoDBBackend) -> None:
        super().__init__()
        self._ours = backend

    @property
    def dynamodb_backend(self) -> DynamoDBBackend:
        return self._ours


_SNAKES = {
    "GetItem": "get_item",
    "UpdateItem": "update_item",
    "Query": "query",
    "TransactWriteItems": "transact_write_items",
}


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def text(**values: str) -> dict[str, Any]:
    return {"M": {name: {"S": value} for name, value in values.items()}}


BOB = text(release="upgrade-2026-1125-100000-bobbob", who="bob", since="2026-11-25T10:00:00+00:00", token="t")


FREEZE = text(who="carol", since="2026-11-25T09:00:00+00:00", reason="load test")
