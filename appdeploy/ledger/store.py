"""Reads and writes the ledger's items in the releases table (appdeploy.aws.releases_table has their keys)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from appdeploy.aws.releases_table import LOCK_KEY, OPEN, OPEN_INDEX, ORGANISATION_INDEX, RELEASES, put_of, release_key
from appdeploy.aws.transaction import transact
from appdeploy.model.ledger_entry import Entry, LedgerError
from appdeploy.model.release_id import moment_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PAGE = 100


class UnreadableEntry(NamedTuple):
    """An entry that is broken, or of another schema: it hides no other one."""

    id: str
    """The release's id, or what its key says of it where the entry does not."""
    problem: str
    """What is wrong with it."""


class Ledger:
    """An environment's releases. Errors of the SDK pass through."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self.unreadable: list[UnreadableEntry] = []
        """The entries that the queries so far met and left out."""

    def get(self, release_id: str) -> Entry | None:
        """One entry (consistent read). Raises ValueError for what is not a release id, and LedgerError if it is unreadable."""
        reply = self._dynamodb.get_item(TableName=self._table, Key=release_key(release_id), ConsistentRead=True)
        found = Entry.parse(reply["Item"]["entry"]["S"]) if "Item" in reply else None
        return found if found is not None and found.id == release_id else None

    def newest(self, limit: int, before: str | None = None) -> list[Entry]:
        """The newest entries, newest first; with `before` those older than that release."""
        return self._readable(islice(self.entries(before, at_once=limit), limit))

    def entries(self, before: str | None = None, *, at_once: int = _PAGE) -> Iterator[Entry | UnreadableEntry]:
        """All entries, newest first, those that cannot be read in their place; so many are read when they are needed."""
        request: dict[str, Any] = {
            "KeyConditionExpression": "pk = :pk" + (" AND sk < :before" if before else ""),
            "ExpressionAttributeValues": {":pk": RELEASES, **({":before": {"S": moment_of(before)}} if before else {})},
            "ConsistentRead": True,
        }
        return self._query(request, min(at_once, _PAGE))

    def open(self) -> list[Entry]:
        """The entries that are not settled, newest first. The index may lag behind the writes."""
        return self._readable(self._of_index(OPEN_INDEX, OPEN))

    def of_organisation(self, organisation: str, limit: int) -> list[Entry]:
        """The newest entries for that customer only, newest first."""
        return self._readable(islice(self._of_index(ORGANISATION_INDEX, {"S": organisation}), limit))

    def write_if_not_running(self, entry: Entry) -> bool:
        """Write an entry unless its release is running, or was written meanwhile: then False."""
        not_running = {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": LOCK_KEY,
                "ConditionExpression": "attribute_not_exists(holder) OR holder.#release <> :id",
                "ExpressionAttributeNames": {"#release": "release"},
                "ExpressionAttributeValues": {":id": {"S": entry.id}},
            }
        }
        return not transact(self._dynamodb, [not_running, put_of(self._table, entry)])

    def _readable(self, entries: Iterable[Entry | UnreadableEntry]) -> list[Entry]:
        found, known = list(entries), {entry.id for entry in self.unreadable}
        self.unreadable += [entry for entry in found if isinstance(entry, UnreadableEntry) and entry.id not in known]
        return [entry for entry in found if isinstance(entry, Entry)]

    def _of_index(self, index: str, value: Mapping[str, str]) -> Iterator[Entry | UnreadableEntry]:
        request = {
            "IndexName": index,
            "KeyConditionExpression": "#key = :value",
            "ExpressionAttributeNames": {"#key": index},
            "ExpressionAttributeValues": {":value": value},
        }
        return self._query(request, _PAGE)

    def _query(self, request: Mapping[str, Any], at_once: int) -> Iterator[Entry | UnreadableEntry]:
        next_page: dict[str, Any] = {}
        while True:
            page = self._dynamodb.query(TableName=self._table, ScanIndexForward=False, Limit=at_once, **request, **next_page)
            yield from map(_parsed, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            next_page = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _parsed(item: Mapping[str, Any]) -> Entry | UnreadableEntry:
    try:
        return Entry.parse(item["entry"]["S"])
    except LedgerError as error:
        return UnreadableEntry(_id_of(item), str(error))
    except KeyError:
        return UnreadableEntry(_id_of(item), "it has no entry")


def _id_of(item: Mapping[str, Any]) -> str:
    try:
        return str(json.loads(item["entry"]["S"])["id"])
    except (KeyError, TypeError, ValueError):
        return str(item["sk"]["S"])
