"""The lock's item in DynamoDB. Every write is conditional, and the item is never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from appdeploy.aws.releases_table import LOCK_KEY, release_key
from appdeploy.aws.transaction import transact
from appdeploy.lock.item import Freeze, Holder, LockItem, Mark
from appdeploy.model.ledger_entry import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


_LEDGER_PUT = 1
"""Position of the ledger write in the transaction."""

_UNMOVED = "(attribute_not_exists(fence) OR (fence = :fence AND beat = :beat))"


LedgerPut = Mapping[str, Any]
"""A ledger write that is sent in one transaction with the lock's."""


class LockStore(Protocol):
    """The lock's table: atomic writes that succeed only if the item is unchanged since it was read.

    A `ledger_put` that fails its own condition is dropped: the lock's write is sent without it.
    """

    def read(self) -> LockItem:
        """The current item (consistent read); an empty one if it was never written."""

    def entry_of(self, holder: Holder) -> Entry | None:
        """What the ledger has of the holder; None if nothing that can be read."""

    def take(self, seen: Mark, holder: Holder, ledger_put: LedgerPut | None = None) -> int | None:
        """Become the holder if the item is unchanged since `seen` and not frozen. Returns the fence, or None."""

    def take_over(self, holder: Holder, ledger_put: LedgerPut | None = None) -> None:
        """Become the holder even if the lock is held or frozen; a freeze stays. `read` then returns the fence."""

    def renew(self, fence: int, ledger_put: LedgerPut | None = None) -> bool:
        """Renew the lease of that fence. False if it does not hold the lock any more."""

    def release(self, fence: int, ledger_put: LedgerPut | None = None) -> bool:
        """Release the lock. False if it was not held under that fence any more."""

    def freeze(self, freeze: Freeze) -> bool:
        """Freeze the environment. False if it is frozen already."""

    def unfreeze(self) -> None:
        """Remove the freeze, if there is one."""

    def evict(self, seen: Mark) -> bool:
        """Remove the holder, whose next renewal then fails. False if the item has changed since `seen`."""


class DynamoLockStore:
    """The item in an environment's releases table."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self) -> LockItem:
        """A consistent read."""
        reply = self._dynamodb.get_item(TableName=self._table, Key=LOCK_KEY, ConsistentRead=True)
        return _item(reply.get("Item", {}))

    def entry_of(self, holder: Holder) -> Entry | None:
        """See LockStore. A consistent read."""
        try:
            reply = self._dynamodb.get_item(TableName=self._table, Key=release_key(holder.release), ConsistentRead=True)
            return Entry.parse(reply["Item"]["entry"]["S"]) if "Item" in reply else None
        except ValueError:  # No id of a release, or an entry of another schema.
            return None

    def take(self, seen: Mark, holder: Holder, ledger_put: LedgerPut | None = None) -> int | None:
        """See LockStore. A retry after a lost reply recognises its own write by the holder's token."""
        taken = self._write(
            "SET fence = :next, beat = :zero, holder = :holder, renewed = :now REMOVE previous",
            f"{_UNMOVED} AND attribute_not_exists(freeze)",
            {**_mark(seen), ":next": _number(seen.fence + 1), ":zero": _number(0), ":holder": _texts(asdict(holder)), **_now()},
            ledger_put,
        )
        if taken:
            return seen.fence + 1
        item = self.read()
        return item.fence if item.holder and item.holder.token == holder.token else None

    def take_over(self, holder: Holder, ledger_put: LedgerPut | None = None) -> None:
        """See LockStore. One call; the previous holder stays in the item, because a transaction returns no old values."""
        self._write(
            "SET previous = if_not_exists(holder, :no_holder), fence = if_not_exists(fence, :zero) + :one, beat = :zero,"
            " holder = :holder, renewed = :now",
            None,
            {":no_holder": {"M": {}}, ":one": _number(1), ":zero": _number(0), ":holder": _texts(asdict(holder)), **_now()},
            ledger_put,
        )

    def renew(self, fence: int, ledger_put: LedgerPut | None = None) -> bool:
        """See LockStore."""
        values = {":fence": _number(fence), ":one": _number(1), **_now()}
        return self._write("SET beat = beat + :one, renewed = :now", _held(), values, ledger_put)

    def release(self, fence: int, ledger_put: LedgerPut | None = None) -> bool:
        """See LockStore."""
        values = {":fence": _number(fence), ":one": _number(1)}
        return self._write("SET beat = beat + :one REMOVE holder, previous", _held(), values, ledger_put)

    def freeze(self, freeze: Freeze) -> bool:
        """See LockStore."""
        return self._write("SET freeze = :freeze", "attribute_not_exists(freeze)", {":freeze": _texts(asdict(freeze))})

    def unfreeze(self) -> None:
        """See LockStore."""
        self._write("REMOVE freeze", None, {})

    def evict(self, seen: Mark) -> bool:
        """See LockStore. The fence is incremented, so that a write of the removed holder fails."""
        values = {**_mark(seen), ":next": _number(seen.fence + 1), ":zero": _number(0)}
        return self._write("SET fence = :next, beat = :zero REMOVE holder", _UNMOVED, values)

    def _write(
        self, update: str, condition: str | None, values: Mapping[str, Any], ledger_put: LedgerPut | None = None
    ) -> bool:
        call: dict[str, Any] = {"TableName": self._table, "Key": LOCK_KEY, "UpdateExpression": update}
        if condition:
            call["ConditionExpression"] = condition
        if values:
            call["ExpressionAttributeValues"] = values
        return self._write_alone(call) if ledger_put is None else self._write_both(call, ledger_put)

    def _write_alone(self, call: dict[str, Any]) -> bool:
        try:
            self._dynamodb.update_item(**call)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _write_both(self, call: dict[str, Any], ledger_put: LedgerPut) -> bool:
        refused = transact(self._dynamodb, [{"Update": call}, ledger_put])
        if refused == {_LEDGER_PUT}:
            return self._write_alone(call)
        return not refused


def _held() -> str:
    return "fence = :fence AND attribute_exists(holder)"


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _now() -> dict[str, dict[str, str]]:
    return {":now": {"S": datetime.now(UTC).isoformat(timespec="seconds")}}


def _texts(values: Mapping[str, str]) -> dict[str, Any]:
    return {"M": {name: {"S": value} for name, value in values.items()}}


def _mark(mark: Mark) -> dict[str, dict[str, str]]:
    return {":fence": _number(mark.fence), ":beat": _number(mark.beat)}


def _item(attributes: Mapping[str, Any]) -> LockItem:
    freeze = _read(attributes.get("freeze"))
    return LockItem(
        fence=int(attributes.get("fence", {"N": "0"})["N"]),
        beat=int(attributes.get("beat", {"N": "0"})["N"]),
        holder=_holder(attributes.get("holder")),
        freeze=Freeze(**freeze) if freeze else None,
        renewed=attributes.get("renewed", {"S": ""})["S"],
        previous=_holder(attributes.get("previous")),
    )


def _holder(attribute: Mapping[str, Any] | None) -> Holder | None:
    texts = _read(attribute)
    known = {field.name for field in fields(Holder)}  # Another version of the tool may write more.
    return Holder(**{name: text for name, text in texts.items() if name in known}) if texts else None


def _read(attribute: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: value["S"] for name, value in attribute["M"].items()} if attribute else {}
