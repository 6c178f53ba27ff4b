"""Conditional writes that meet: DynamoDB lets one of them happen."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.support.emulator_scenario import Scenario

TABLE = "lock"
AT_ONCE = 8
KEY = {"pk": {"S": "LOCK"}}
FREE = {"TableName": TABLE, "Key": KEY, "ConditionExpression": "attribute_not_exists(holder)"}


@pytest.fixture
def table(scenario: Scenario) -> Iterator[Any]:
    """A client, and threads that take turns as often as they can."""
    client = scenario.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    pause = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield client
    sys.setswitchinterval(pause)


def update(client: Any, name: str) -> object:
    values = {":name": {"S": name}}
    return client.update_item(**FREE, UpdateExpression="SET holder = :name", ExpressionAttributeValues=values)


def transaction(client: Any, name: str) -> object:
    values = {":name": {"S": name}}
    taken = {**FREE, "UpdateExpression": "SET holder = :name", "ExpressionAttributeValues": values}
    entry = {"TableName": TABLE, "Item": {"pk": {"S": name}}}
    return client.transact_write_items(TransactItems=[{"Update": taken}, {"Put": entry}])


@pytest.mark.parametrize("write", [update, transaction])
def test_of_conditional_writes_at_once_one_happens(table: Any, write: Callable[[Any, str], object]) -> None:
    """DG of DynamoDB: WorkingWithItems.html (conditional writes), transaction-apis.html (serializable isolation)."""
    together = Barrier(AT_ONCE)

    def attempt(name: str) -> bool:
        together.wait()
        try:
            write(table, name)
        except (table.exceptions.ConditionalCheckFailedException, table.exceptions.TransactionCanceledException):
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        attempts = {name: pool.submit(attempt, name) for name in map(str, range(AT_ONCE))}
    happened = [name for name, won in attempts.items() if won.result()]

    assert len(happened) == 1
    assert table.get_item(TableName=TABLE, Key=KEY)["Item"]["holder"]["S"] == happened[0]
