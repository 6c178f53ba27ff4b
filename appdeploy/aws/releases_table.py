"""Keys of the items in the releases table, which the lock and the ledger share, and the conditional write of an entry.

The lock is one item. Each release is one item: `pk` is RELEASE, `sk` is the id without its kind, so that they sort by time.
The index `open` holds only releases that are not settled; the index `organisation` those of a single customer.
"""

from __future__ import annotations

from typing import Any

from appdeploy.model.ledger_entry import Entry
from appdeploy.model.release_id import moment_of

LOCK_KEY = {"pk": {"S": "LOCK"}, "sk": {"S": "LOCK"}}
RELEASES = {"S": "RELEASE"}
"""The partition of all releases."""
OPEN = {"S": "open"}
OPEN_INDEX = "open"
ORGANISATION_INDEX = "organisation"


def release_key(release_id: str) -> dict[str, Any]:
    """The key of a release's entry. Raises ValueError for what is not a release id."""
    return {"pk": RELEASES, "sk": {"S": moment_of(release_id)}}


def put_of(table: str, entry: Entry) -> dict[str, Any]:
    """The write of an entry as part of a transaction: it fails if the table has a newer version."""
    item: dict[str, Any] = {**release_key(entry.id), "entry": {"S": entry.dump()}, "version": {"N": str(entry.version)}}
    if not entry.settled:
        item[OPEN_INDEX] = OPEN
    if entry.organisation:
        item[ORGANISATION_INDEX] = {"S": entry.organisation}
    return {
        "Put": {
            "TableName": table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(pk) OR version < :version",
            "ExpressionAttributeValues": {":version": {"N": str(entry.version)}},
        }
    }
