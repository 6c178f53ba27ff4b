"""The lock's item in a real conditional store: moto's DynamoDB, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from appdeploy.lock.item import Freeze, Holder, LockItem, Mark
from appdeploy.lock.store import DynamoLockStore

TABLE = "axonflow-staging-releases"
ALICE = Holder("upgrade-1", "alice", "2026-11-25T10:00:00Z", "token-a")
BOB = Holder("upgrade-2", "bob", "2026-11-25T10:05:00Z", "token-b")
FREEZE = Freeze("carol", "2026-11-25T09:00:00Z", "load test")


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    """One table for all tests: moto takes seconds to start and to stop."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        client = boto3.client("dynamodb", region_name="eu-central-1")
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        )
        yield client


@pytest.fixture
def client(table) -> Iterator[Any]:
    """The table, empty."""
    yield table
    for item in table.scan(TableName=TABLE)["Items"]:
        table.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})


@pytest.fixture
def store(client) -> DynamoLockStore:
    return DynamoLockStore(client, TABLE)


def test_before_the_first_holder_the_item_is_empty(store):
    assert store.read() == LockItem()


def test_what_is_taken_is_read_back(store):
    assert store.take(Mark(0, 0), ALICE) == 1
    assert store.read() == LockItem(fence=1, beat=0, holder=ALICE)


def test_a_mark_that_is_out_of_date_takes_nothing(store):
    store.take(Mark(0, 0), ALICE)
    assert store.take(Mark(0, 0), BOB) is None
    store.renew(1)
    assert store.take(Mark(1, 0), BOB) is None
    assert store.read().holder == ALICE


def test_an_unmoved_mark_takes_over(store):
    store.take(Mark(0, 0), ALICE)
    assert store.take(Mark(1, 0), BOB) == 2
    assert store.renew(1) is False
    assert store.release(1) is False
    assert store.read() == LockItem(fence=2, beat=0, holder=BOB)


def test_a_repeated_request_knows_its_own_write(store):
    """The reply to the first one was lost, and the SDK sent it again."""
    store.take(Mark(0, 0), ALICE)
    assert store.take(Mark(0, 0), ALICE) == 1


def test_renewals_move_the_mark(store):
    store.take(Mark(0, 0), ALICE)
    assert store.renew(1)
    assert store.read().mark == Mark(1, 1)


def test_a_released_lock_is_free_and_keeps_its_fence(store):
    store.take(Mark(0, 0), ALICE)
    assert store.release(1)
    item = store.read()
    assert (item.holder, item.fence) == (None, 1)
    assert store.renew(1) is False
    assert store.take(item.mark, BOB) == 2


def test_a_frozen_environment_is_not_taken(store):
    assert store.freeze(FREEZE)
    assert store.freeze(FREEZE) is False
    assert store.take(Mark(0, 0), ALICE) is None
    assert store.read().freeze == FREEZE
    store.unfreeze()
    assert store.take(Mark(0, 0), ALICE) == 1


def test_a_freeze_does_not_stop_the_holder_at_work(store):
    store.take(Mark(0, 0), ALICE)
    store.freeze(FREEZE)
    assert store.renew(1)
    assert store.release(1)
    assert store.read().freeze == FREEZE


def test_thawing_what_is_not_frozen_changes_nothing(store):
    store.take(Mark(0, 0), ALICE)
    store.unfreeze()
    assert store.read() == LockItem(fence=1, beat=0, holder=ALICE)


def test_a_broken_lock_refuses_its_former_holder(store):
    store.take(Mark(0, 0), ALICE)
    assert store.evict(Mark(1, 0))
    assert store.renew(1) is False
    assert store.read().holder is None


def test_a_holder_that_moved_meanwhile_is_not_put_out(store):
    store.take(Mark(0, 0), ALICE)
    store.renew(1)
    assert store.evict(Mark(1, 0)) is False
    assert store.read().holder == ALICE


def test_a_seizure_passes_a_holder_and_a_freeze_and_tells_of_both(store):
    store.take(Mark(0, 0), ALICE)
    store.renew(1)
    store.freeze(FREEZE)
    store.take_over(BOB)
    assert store.read() == LockItem(fence=2, beat=0, holder=BOB, freeze=FREEZE, previous=ALICE)
    assert store.renew(1) is False


def test_the_first_of_all_holders_may_be_a_seizure(store):
    store.take_over(BOB)
    assert store.read() == LockItem(fence=1, beat=0, holder=BOB)


def test_who_takes_the_lock_after_a_seizure_took_it_from_nobody(store):
    store.take(Mark(0, 0), ALICE)
    store.take_over(BOB)
    store.release(2)
    store.take(store.read().mark, ALICE)
    assert store.read().previous is None


def record(version: int) -> dict[str, Any]:
    item = {"pk": {"S": "RELEASE"}, "sk": {"S": "1"}, "version": {"N": str(version)}}
    newer = "attribute_not_exists(pk) OR version < :version"
    values = {":version": {"N": str(version)}}
    return {"Put": {"TableName": TABLE, "Item": item, "ConditionExpression": newer, "ExpressionAttributeValues": values}}


def recorded(client) -> str | None:
    item = client.get_item(TableName=TABLE, Key={"pk": {"S": "RELEASE"}, "sk": {"S": "1"}}).get("Item")
    return item["version"]["N"] if item else None


def test_a_record_is_written_together_with_the_lock(client, store):
    assert store.take(Mark(0, 0), ALICE, record(0)) == 1
    assert recorded(client) == "0"
    assert store.renew(1, record(1)) is True
    assert store.release(1, record(2)) is True
    assert recorded(client) == "2"


def test_without_the_lock_nothing_is_recorded(client, store):
    store.take(Mark(0, 0), ALICE, record(0))
    store.take_over(BOB)
    assert store.renew(1, record(1)) is False
    assert store.release(1, record(1)) is False
    assert store.take(Mark(1, 0), ALICE, record(1)) is None
    assert recorded(client) == "0"


def test_a_record_that_is_out_of_date_is_left_out_and_the_lock_renewed(client, store):
    store.take(Mark(0, 0), ALICE, record(3))
    assert store.renew(1, record(2)) is True
    assert recorded(client) == "3"
    assert store.read().beat == 1
