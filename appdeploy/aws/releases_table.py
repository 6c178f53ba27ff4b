"""Keys of the items in the releases table, which the lock and the ledger share, and the conditional write of an entry.

The lock is one item. A release is one item too: `pk` is RELEASE, `sk` is the id without its kind, so that they lie in their
order of time. The index `open` holds those alone that are not settled; the index `organisation` those that are for one
customer.
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
    """Where the entry of a release lies. Raises ValueError for what is not an id."""
    return {"pk": RELEASES, "sk": {"S": moment_of(release_id)}}


def put_of(table: str, entry: Entry) -> dict[str, Any]:
    """The write of an entry as part of a transaction: refused when a newer version of it is there."""
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
