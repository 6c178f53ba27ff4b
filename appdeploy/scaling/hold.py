"""Holds in the releases table: until when autoscaling is suspended for a service, by whom, and why.

One item per service: `pk` is HOLD, `sk` the service, `held` the hold (DynamoDB reserves the word `hold`). Autoscaling itself
stores only that it is suspended. No worker ends a hold: an expired one is shown as such until a command ends it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARTITION = {"S": "HOLD"}


@dataclass(frozen=True)
class Hold:
    """One hold, as stored in its item."""

    until: str
    """ISO time in UTC."""
    who: str
    why: str
    release: str
    """The ledger entry that made it."""

    def has_expired(self, now: datetime) -> bool:
        """Whether it has expired."""
        return datetime.fromisoformat(self.until) <= now


class HoldStore:
    """The holds of an environment. Errors of the SDK are raised."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self) -> dict[str, Hold]:
        """All holds, by short name of the service. One call: there is at most one item per service."""
        reply = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": _PARTITION},
            ConsistentRead=True,
        )
        known = {field.name for field in fields(Hold)}  # Another version of the tool may write more.
        return {
            item["sk"]["S"]: Hold(**{name: value["S"] for name, value in item["held"]["M"].items() if name in known})
            for item in reply["Items"]
            if "held" in item
        }

    def put(self, service: str, hold: Hold) -> None:
        """Write a hold, replacing an existing one."""
        texts = {name: {"S": value} for name, value in asdict(hold).items()}
        self._dynamodb.update_item(
            TableName=self._table,
            Key={"pk": _PARTITION, "sk": {"S": service}},
            UpdateExpression="SET held = :hold",
            ExpressionAttributeValues={":hold": {"M": texts}},
        )

    def end(self, service: str) -> None:
        """Remove the hold, if there is one. The item stays, so that no role needs permission to delete."""
        self._dynamodb.update_item(
            TableName=self._table, Key={"pk": _PARTITION, "sk": {"S": service}}, UpdateExpression="REMOVE held"
        )


def utc_now() -> datetime:
    """The current time, in whole seconds: holds are stored and compared in seconds."""
    return datetime.now(UTC).replace(microsecond=0)
